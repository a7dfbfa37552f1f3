import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MediaCertificates, makeCertificates } from './certificates.ts';

const CA_FILE = 'sandbox-media-ca.pem';
const HOST_FILE = 'sandbox-media-host.json';
/** Certificates with less life than this are made anew. */
const LEAST_LIFE_MS = 30 * 86_400_000;

export interface KeptCertificates extends MediaCertificates {
  /** Path of the CA certificate, where a directory was given. */
  caFile?: string;
}

/**
 * The media host's certificates: those kept in `directory` while they are good, else new ones, kept there. Clients read
 * the CA once, at their start; they must find the same one behind a host that was started again.
 */
export async function keptCertificates(directory: string | undefined): Promise<KeptCertificates> {
  if (directory === undefined) return makeCertificates();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const hostFile = join(directory, HOST_FILE);
  const kept = await readKept(hostFile);
  const certificates = kept ?? (await makeCertificates());
  if (!kept) await writePrivate(hostFile, JSON.stringify(certificates));
  const caFile = join(directory, CA_FILE);
  await writePrivate(caFile, certificates.caPem);
  return { ...certificates, caFile };
}

async function readKept(file: string): Promise<MediaCertificates | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const kept: unknown = JSON.parse(text);
    if (!isCertificates(kept)) return null;
    const ends = Date.parse(new X509Certificate(kept.certPem).validTo);
    return ends - Date.now() > LEAST_LIFE_MS ? kept : null;
  } catch {
    // What cannot be read is made anew.
    return null;
  }
}

function isCertificates(value: unknown): value is MediaCertificates {
  if (value === null || typeof value !== 'object') return false;
  const fields = ['caPem', 'certPem', 'keyPem'].map((name) => Reflect.get(value, name));
  return fields.every((field) => typeof field === 'string' && field.startsWith('-----BEGIN '));
}

/** Whole or not at all, readable by its owner alone. */
async function writePrivate(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, text, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
}
