import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { type BlobKey, BlobMissing, type BlobStore, type ByteRange } from './port.ts';
import { S3Client, type S3Settings, textOf } from './s3-client.ts';

const PREFIX = 'media';
const SHAPE = /^[a-z]+_[0-9a-z]+\/[0-9a-f]{64}$/;
const PROBE = 'waping media store';

/** Blobs as objects of a bucket, `media/<workspace>/<SHA-256>`. Each goes there, and comes back, as a stream. */
export class S3Blobs implements BlobStore {
  readonly kind = 's3';
  readonly #client: S3Client;

  constructor(settings: S3Settings) {
    this.#client = new S3Client(settings);
  }

  #key({ workspaceId, sha256 }: BlobKey): string {
    const name = `${workspaceId}/${sha256}`;
    if (!SHAPE.test(name)) throw new Error('not the name of a blob');
    return `${PREFIX}/${name}`;
  }

  localPath(): null {
    return null;
  }

  async put(blob: BlobKey, file: { path: string; size: number }): Promise<void> {
    const key = this.#key(blob);
    const there = await this.#client.run({ method: 'HEAD', key, also: [404] });
    if (there.statusCode === 200 && Number(there.headers['content-length']) === file.size) return;
    // The store checks what arrives against the hash, so what it holds is what was received.
    const body = { open: () => createReadStream(file.path), size: file.size, sha256: blob.sha256 };
    await this.#client.run({ method: 'PUT', key, body });
  }

  async open(blob: BlobKey, range?: ByteRange, forCaller = false): Promise<Readable> {
    const headers: Record<string, string> = range ? { range: `bytes=${range.start}-${range.end}` } : {};
    const request = { method: 'GET', key: this.#key(blob), headers, also: [404], forCaller } as const;
    const response = await this.#client.send(request);
    if (response.statusCode !== 404) return response;
    response.destroy();
    throw new BlobMissing(blob);
  }

  async remove(blob: BlobKey): Promise<void> {
    await this.#client.run({ method: 'DELETE', key: this.#key(blob), also: [404] });
  }

  async removeAll(workspaceId: string): Promise<void> {
    const query = { 'list-type': '2', prefix: `${PREFIX}/${workspaceId}/` };
    for (;;) {
      // Always the first page: what was listed is gone by the next.
      const page = await textOf(await this.#client.send({ method: 'GET', key: '', query }));
      const keys = [...page.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key);
      if (keys.length === 0) return;
      for (const key of keys) await this.#client.run({ method: 'DELETE', key, also: [404] });
    }
  }

  async check(): Promise<void> {
    const key = `${PREFIX}/probe`;
    const sha256 = createHash('sha256').update(PROBE).digest('hex');
    const body = { open: () => Readable.from([Buffer.from(PROBE)]), size: PROBE.length, sha256 };
    await this.#client.run({ method: 'PUT', key, body });
    const text = await textOf(await this.#client.send({ method: 'GET', key }));
    if (text !== PROBE) throw new Error('the bucket gave back something else than it was given');
    await this.#client.run({ method: 'DELETE', key, also: [404] });
  }
}
