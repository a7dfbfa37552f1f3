import { randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { StartupError } from '../errors.ts';

const ownerSchema = z.object({
  nonce: z.string(),
  pid: z.number().int().positive(),
  /** Start of the process in clock ticks after boot (Linux); tells a reused process id from the owner. */
  started: z.string(),
  /** Where the process id means something: boot id and process-id namespace. */
  place: z.string(),
  host: z.string(),
});
type Owner = z.infer<typeof ownerSchema>;

/** The owner touches its lock this often; an owner elsewhere that did not for five beats is gone. */
const BEAT_MS = 1_000;
const SILENCE_MS = 5_000;

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

function quietly(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)); counted after the command name, which may hold blanks. */
function startOf(pid: number): string {
  const text = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function place(): string {
  const boot = quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return `${boot} ${quietly(() => readlinkSync('/proc/self/ns/pid'))} ${boot === '' ? hostname() : ''}`.trim();
}

function readOwner(file: string): Owner | undefined {
  const text = quietly(() => readFileSync(file, 'utf8'));
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Whether the owner lives. One in another container or machine cannot be asked: its lock's time is watched instead. */
async function lives(file: string, owner: Owner): Promise<boolean> {
  if (owner.place === place()) return runs(owner.pid) && startOf(owner.pid) === owner.started;
  const touched = (): number => (existsSync(file) ? statSync(file).mtimeMs : 0);
  const before = touched();
  for (let waited = 0; waited < SILENCE_MS; waited += 250) {
    await sleep(250);
    if (touched() !== before) return true;
  }
  return false;
}

/** Another process works in the directory. */
export class DirectoryInUse extends StartupError {}

function inUse(directory: string, owner: Owner | undefined): StartupError {
  const who = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`;
  return new DirectoryInUse(
    `The data directory ${directory} is in use by ${who}`,
    `Stop that process${owner === undefined ? '' : ` (kill ${owner.pid})`} or set WAPING_DATA_DIR to another directory.`,
  );
}

/** Creates the lock whole: a hard link appears with its content or not at all. False when there is one already. */
function create(file: string, owner: Owner): boolean {
  const aside = `${file}.${owner.nonce}`;
  try {
    writeFileSync(aside, JSON.stringify(owner), { mode: 0o600 });
    linkSync(aside, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!NO_LINKS.has(codeOf(error))) throw error;
  } finally {
    // On a full disk it was made and never filled.
    if (existsSync(aside)) unlinkSync(aside);
  }
  return createWithoutLinks(file, owner);
}

/** Some mounted file systems have no hard links; there a lock can be seen half written, for a moment. */
function createWithoutLinks(file: string, owner: Owner): boolean {
  try {
    writeFileSync(file, JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a dead owner's lock. The guard directory lets one process do it; the check inside it stops a late second. */
function removeStale(file: string, stale: Owner | undefined): void {
  const guard = `${file}.guard`;
  if (existsSync(guard) && Date.now() - statSync(guard).mtimeMs > SILENCE_MS) rmdirSync(guard);
  mkdirSync(guard);
  try {
    if (readOwner(file)?.nonce === stale?.nonce && existsSync(file)) unlinkSync(file);
  } finally {
    rmdirSync(guard);
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK);
  } catch (error) {
    throw new StartupError(
      `The data directory ${directory} cannot be written: ${codeOf(error)}`,
      'Give the user that runs WAPing ownership of it, or set WAPING_DATA_DIR to another directory.',
      error,
    );
  }
}

/** A held lock; `release` gives it back. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the data directory for this process. Two embedded databases on one directory silently lose rows, so a second
 * process is refused with StartupError naming the first; a dead owner's lock is taken over.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const file = path.join(directory, 'database.lock');
  makeDirectory(directory);
  const owner: Owner = {
    nonce: randomUUID(),
    pid: process.pid,
    started: startOf(process.pid),
    place: place(),
    host: hostname(),
  };
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (create(file, owner)) return hold(file, owner);
    const other = readOwner(file);
    if (other !== undefined && (await lives(file, other))) throw inUse(directory, other);
    try {
      removeStale(file, other);
    } catch {
      // Somebody else is taking it over just now: look again.
      await sleep(50 * (attempt + 1));
    }
  }
  throw inUse(directory, readOwner(file));
}

function hold(file: string, owner: Owner): DirectoryLock {
  const beat = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // A full or detached disk: the database itself reports that.
    }
  }, BEAT_MS);
  beat.unref();
  return {
    release: () => {
      clearInterval(beat);
      if (readOwner(file)?.nonce === owner.nonce) unlinkSync(file);
    },
  };
}
