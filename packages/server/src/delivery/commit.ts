import { lockLeases } from '../cluster/store.ts';
import type { DeviceBatch, EngineRecord } from '../engine/port.ts';
import { applyFact, type FactServices } from '../features/devices/index.ts';
import { recordEvents } from '../features/events/index.ts';
import { applyReports, type InboundOfDevice, type ReportOfDevice, recordInbound } from '../features/messages/index.ts';
import type { Queryable } from '../platform/db/port.ts';
import { alignWaiting } from './align.ts';
import { deleteKeys, type KeyRow, saveCredentials, saveKeys, wipeCredentials } from './store.ts';

/** What a commit changed that others in this process want to know. */
export interface CommitResult {
  fenced: string[];
  /** Messages that left the outbox, by device. */
  settled: { deviceId: string; messageId: string }[];
  /** Devices whose state changed, as it now is. */
  states: { workspaceId: string; deviceId: string; state: string }[];
  events: boolean;
}

type RecordOf<K extends EngineRecord['kind']> = Extract<EngineRecord, { kind: K }>;
interface Owned<R> {
  workspaceId: string;
  deviceId: string;
  record: R;
}

function gather<K extends EngineRecord['kind']>(batches: readonly DeviceBatch[], kind: K): Owned<RecordOf<K>>[] {
  return batches.flatMap(({ workspaceId, deviceId, records }) =>
    records.flatMap((record) => (isKind(record, kind) ? [{ workspaceId, deviceId, record }] : [])),
  );
}

function isKind<K extends EngineRecord['kind']>(record: EngineRecord, kind: K): record is RecordOf<K> {
  return record.kind === kind;
}

// The last write of a key in a batch is the one that counts; writing the others would only cost.
async function writeKeys(tx: Queryable, batches: readonly DeviceBatch[]): Promise<void> {
  const latest = new Map<string, Omit<KeyRow, 'sealed'> & { sealed: Uint8Array | null }>();
  for (const { workspaceId, deviceId, record } of gather(batches, 'keys')) {
    for (const { type, id, sealed } of record.entries) {
      latest.set(`${deviceId}\n${type}\n${id}`, { workspaceId, deviceId, type, id, sealed });
    }
  }
  const all = [...latest.values()];
  const kept = all.flatMap(({ sealed, ...key }) => (sealed === null ? [] : [{ ...key, sealed }]));
  const gone = all.filter((key) => key.sealed === null);
  if (kept.length > 0) await saveKeys(tx, kept);
  if (gone.length > 0) await deleteKeys(tx, gone);
}

async function writeCredentials(tx: Queryable, batches: readonly DeviceBatch[]): Promise<void> {
  const latest = new Map<string, { workspaceId: string; deviceId: string; sealed: Uint8Array | null }>();
  for (const { workspaceId, deviceId, record } of gather(batches, 'credentials')) {
    latest.set(deviceId, { workspaceId, deviceId, sealed: record.sealed });
  }
  const kept = [...latest.values()].flatMap(({ sealed, ...device }) =>
    sealed === null ? [] : [{ ...device, sealed }],
  );
  if (kept.length > 0) await saveCredentials(tx, kept);
  // After the keys: a wipe takes those of its own batch with it.
  for (const device of latest.values()) if (device.sealed === null) await wipeCredentials(tx, device);
}

async function applyFacts(
  tx: Queryable,
  batches: readonly DeviceBatch[],
  services: FactServices,
): Promise<CommitResult['states']> {
  const states: CommitResult['states'] = [];
  for (const { workspaceId, deviceId, record } of gather(batches, 'session')) {
    const row = await applyFact(tx, { workspaceId, deviceId, fact: record.fact, at: record.at }, services);
    if (!row) continue;
    await alignWaiting(tx, row);
    states.push({ workspaceId, deviceId, state: row.state });
  }
  return states;
}

async function noteUndecryptable(tx: Queryable, batches: readonly DeviceBatch[]): Promise<number> {
  const notes = gather(batches, 'undecryptable');
  await recordEvents(
    tx,
    notes.map(({ workspaceId, deviceId, record }) => ({
      workspaceId,
      deviceId,
      subjectId: null,
      type: 'message.undecryptable',
      data: { deviceId, reason: record.reason, at: new Date(record.at).toISOString() },
    })),
  );
  return notes.length;
}

/**
 * Writes what the engine's sessions want durable, in the caller's transaction: first the leases (a stale token writes
 * nothing), then keys and credentials, then what they made possible to know.
 */
export async function commitBatches(
  tx: Queryable,
  batches: readonly DeviceBatch[],
  services: FactServices & { now: Date },
): Promise<CommitResult> {
  const holding = await lockLeases(tx, batches);
  const valid = batches.filter((batch) => holding.has(batch.deviceId));
  const fenced = batches.filter((batch) => !holding.has(batch.deviceId)).map((batch) => batch.deviceId);
  await writeKeys(tx, valid);
  await writeCredentials(tx, valid);
  const inbound = gather(valid, 'inbound').map(({ workspaceId, deviceId, record }): InboundOfDevice => {
    return { ...record.message, workspaceId, deviceId };
  });
  const reports = gather(valid, 'report').map(({ workspaceId, deviceId, record }): ReportOfDevice => {
    return { ...record.report, workspaceId, deviceId };
  });
  const stored = await recordInbound(tx, inbound, services.now);
  const changes = reports.length > 0 ? await applyReports(tx, reports) : [];
  const noted = await noteUndecryptable(tx, valid);
  const states = await applyFacts(tx, valid, services);
  return {
    fenced,
    settled: changes.map((change) => ({ deviceId: change.device_id, messageId: change.id })),
    states,
    events: stored + changes.length + noted + states.length > 0,
  };
}
