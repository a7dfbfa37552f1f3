import { lockLeases } from '../cluster/store.ts';
import type { DeviceBatch, EngineRecord } from '../engine/port.ts';
import { applyFact, type FactServices } from '../features/devices/index.ts';
import { recordEvents } from '../features/events/index.ts';
import { applyReports, type InboundOfDevice, type ReportOfDevice, recordInbound } from '../features/messages/index.ts';
import type { Queryable, Tx } from '../platform/db/port.ts';
import { storable } from '../platform/storable.ts';
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

type KeyChange = Omit<KeyRow, 'sealed'> & { sealed: Uint8Array | null };

/** What a device's batch leaves: a wipe forgets what came before it, the last write of a key is the one that counts. */
interface SecretState {
  workspaceId: string;
  deviceId: string;
  wiped: boolean;
  credentials: Uint8Array | null;
  keys: Map<string, KeyChange>;
}

function secretsOf({ workspaceId, deviceId, records }: DeviceBatch): SecretState {
  const state: SecretState = { workspaceId, deviceId, wiped: false, credentials: null, keys: new Map() };
  for (const record of records) {
    if (record.kind === 'credentials') {
      state.credentials = record.sealed;
      if (record.sealed === null) {
        state.wiped = true;
        state.keys.clear();
      }
    } else if (record.kind === 'keys') {
      for (const { type, id, sealed } of record.entries) {
        state.keys.set(`${type}\n${id}`, { workspaceId, deviceId, type, id, sealed });
      }
    }
  }
  return state;
}

async function writeSecrets(tx: Tx, batches: readonly DeviceBatch[]): Promise<void> {
  const states = batches.map(secretsOf);
  for (const state of states) if (state.wiped) await wipeCredentials(tx.later, state);
  const credentials = states.flatMap(({ workspaceId, deviceId, credentials: sealed }) =>
    sealed === null ? [] : [{ workspaceId, deviceId, sealed }],
  );
  const keys = states.flatMap((state) => [...state.keys.values()]);
  const kept = keys.flatMap(({ sealed, ...key }) => (sealed === null ? [] : [{ ...key, sealed }]));
  const gone = keys.filter((key) => key.sealed === null);
  if (credentials.length > 0) await saveCredentials(tx.later, credentials);
  if (kept.length > 0) await saveKeys(tx.later, kept);
  if (gone.length > 0) await deleteKeys(tx.later, gone);
}

async function applyFactsOf(
  tx: Queryable,
  { workspaceId, deviceId, records }: DeviceBatch,
  services: FactServices,
): Promise<CommitResult['states']> {
  const states: CommitResult['states'] = [];
  for (const record of records) {
    if (record.kind !== 'session') continue;
    const row = await applyFact(tx, { workspaceId, deviceId, fact: record.fact, at: record.at }, services);
    if (!row) continue;
    await alignWaiting(tx, row);
    states.push({ workspaceId, deviceId, state: row.state });
  }
  return states;
}

// Side by side: after a start hundreds of devices report at once, and each would wait for the round trips of the others.
async function applyFacts(
  tx: Queryable,
  batches: readonly DeviceBatch[],
  services: FactServices,
): Promise<CommitResult['states']> {
  return (await Promise.all(batches.map((batch) => applyFactsOf(tx, batch, services)))).flat();
}

async function noteUndecryptable(tx: Tx, batches: readonly DeviceBatch[]): Promise<number> {
  const notes = gather(batches, 'undecryptable');
  await recordEvents(
    tx.later,
    notes.map(({ workspaceId, deviceId, record }) => ({
      workspaceId,
      deviceId,
      subjectId: null,
      type: 'message.undecryptable',
      data: { deviceId, reason: storable(record.reason), at: new Date(record.at).toISOString() },
    })),
  );
  return notes.length;
}

/**
 * Writes what the engine's sessions want durable, in the caller's transaction: first the leases (a stale token writes
 * nothing), then keys and credentials, then what they made possible to know.
 */
export async function commitBatches(
  tx: Tx,
  batches: readonly DeviceBatch[],
  services: FactServices & { now: Date },
): Promise<CommitResult> {
  const holding = await lockLeases(tx, batches);
  const valid = batches.filter((batch) => holding.has(batch.deviceId));
  const fenced = batches.filter((batch) => !holding.has(batch.deviceId)).map((batch) => batch.deviceId);
  await writeSecrets(tx, valid);
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
