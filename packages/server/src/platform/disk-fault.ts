import { StartupError } from './errors.ts';

const FAULTS: Record<string, readonly [what: string, cure: string]> = {
  ENOSPC: ['is full', 'Free some space there, then start again.'],
  EDQUOT: ['is full for this user (its quota is spent)', 'Free some space there, then start again.'],
  EROFS: ['is read-only', 'Mount it writable, or set WAPING_DATA_DIR to another directory.'],
  EIO: [
    'has input/output errors',
    'Check the disk and its cable or volume before anything else, then restore a backup.',
  ],
};

/** What a person must mend when writing below `directory` failed for want of a working disk. Null for other errors. */
export function diskFault(error: unknown, directory: string): StartupError | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [what, cure] = FAULTS[code] ?? [];
  return what === undefined || cure === undefined
    ? null
    : new StartupError(`The disk of ${directory} ${what}`, cure, error);
}
