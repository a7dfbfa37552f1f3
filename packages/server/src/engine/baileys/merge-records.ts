import type { EngineRecord } from '../port.ts';

type KeyEntry = Extract<EngineRecord, { kind: 'keys' }>['entries'][number];

/** Rows a commit of these records writes, about. */
export function weight(records: readonly EngineRecord[]): number {
  return records.reduce((sum, record) => sum + (record.kind === 'keys' ? record.entries.length : 1), 0);
}

/**
 * The same state with fewer writes: of several values of a key, or of several credentials, in one transaction only the
 * last matters, and none from before a wipe. A busy chat rewrites its session with every message. What happened
 * (messages, reports, facts) keeps its order.
 */
export function mergeRecords(records: readonly EngineRecord[]): EngineRecord[] {
  const keys = new Map<string, KeyEntry>();
  let wipe: EngineRecord | undefined;
  let credentials: EngineRecord | undefined;
  const happened: EngineRecord[] = [];
  for (const record of records) {
    if (record.kind === 'keys') {
      for (const entry of record.entries) keys.set(`${entry.type}/${entry.id}`, entry);
    } else if (record.kind !== 'credentials') {
      happened.push(record);
    } else if (record.sealed !== null) {
      credentials = record;
    } else {
      wipe = record;
      credentials = undefined;
      keys.clear();
    }
  }
  return [
    ...(wipe ? [wipe] : []),
    ...(credentials ? [credentials] : []),
    ...(keys.size > 0 ? [{ kind: 'keys' as const, entries: [...keys.values()] }] : []),
    ...happened,
  ];
}
