import { assertLeases, lockLeases } from '../cluster/store.ts';
import type { DeviceBatch, EngineRecord } from '../engine/port.ts';
import { type CallOfDevice, recordCalls, type Unwanted } from '../features/calls/index.ts';
import { type MergedChat, mergedChats } from '../features/contacts/index.ts';
import { applyReads, type ReadElsewhere } from '../features/conversations/index.ts';
import { applyFact, countRecovered, type FactServices } from '../features/devices/index.ts';
import { applyGroups, applyKnown, applyLeft } from '../features/groups/index.ts';
import { insertParts, resetHistory, tellProgress } from '../features/history/index.ts';
import {
  applyReports,
  applySentActions,
  type ChangeOfDevice,
  type ChangeServices,
  type InboundOfDevice,
  isActionWaId,
  type ReportOfDevice,
  recordChanges,
  recordInbound,
  type StatusChange,
} from '../features/messages/index.ts';
import { type PictureOfDevice, recordPictures } from '../features/pictures/index.ts';
import { type PresenceOfDevice, recordPresences } from '../features/presence/index.ts';
import { isLeaseLost } from '../platform/db/db-error.ts';
import { Gathered } from '../platform/db/gathered.ts';
import type { Db, Queryable, Tx } from '../platform/db/port.ts';
import { alignWaiting } from './align.ts';
import { deleteKeys, type KeyRow, saveCredentials, saveKeys, wipeCredentials } from './store.ts';

/** What a commit changed that others in this process want to know. */
export interface CommitResult {
  fenced: string[];
  /** Whether messages with files came. */
  files: boolean;
  /** Messages that left the outbox, by device. */
  settled: { deviceId: string; messageId: string }[];
  /** Devices whose state changed, as it now is. */
  states: { workspaceId: string; deviceId: string; state: string; reason: string }[];
  /** Calls that ring at devices which take none. */
  unwanted: Unwanted[];
  /** Chats of one device that became one. */
  merged: readonly MergedChat[];
  /** Workspaces in whose log something may be new. */
  told: string[];
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

/** Nobody needs the rows of these, so `db` may be one that only gathers. */
async function writeSecrets(db: Queryable, batches: readonly DeviceBatch[]): Promise<void> {
  const states = batches.map(secretsOf);
  for (const state of states) if (state.wiped) await wipeCredentials(db, state);
  const credentials = states.flatMap(({ workspaceId, deviceId, credentials: sealed }) =>
    sealed === null ? [] : [{ workspaceId, deviceId, sealed }],
  );
  const keys = states.flatMap((state) => [...state.keys.values()]);
  const kept = keys.flatMap(({ sealed, ...key }) => (sealed === null ? [] : [{ ...key, sealed }]));
  const gone = keys.filter((key) => key.sealed === null);
  if (credentials.length > 0) await saveCredentials(db, credentials);
  if (kept.length > 0) await saveKeys(db, kept);
  if (gone.length > 0) await deleteKeys(db, gone);
}

/** With how many messages WhatsApp had kept, by device. */
type LateServices = FactServices & { late: ReadonlyMap<string, number> };

async function applyFactsOf(
  tx: Queryable,
  { workspaceId, deviceId, records }: DeviceBatch,
  services: LateServices,
): Promise<CommitResult['states']> {
  const states: CommitResult['states'] = [];
  // The gap they belong to may begin with a fact of this very batch, and end with one.
  let messages = services.late.get(deviceId) ?? 0;
  const countLate = async () => {
    if (messages > 0) await countRecovered(tx, [{ workspaceId, deviceId, messages }]);
    messages = 0;
  };
  for (const record of records) {
    if (record.kind !== 'session') continue;
    if (record.fact.fact === 'drained') await countLate();
    const row = await applyFact(tx, { workspaceId, deviceId, fact: record.fact, at: record.at }, services);
    if (record.fact.fact === 'paired') await resetHistory(tx, { workspaceId, deviceId });
    if (!row) continue;
    await alignWaiting(tx, row);
    states.push({ workspaceId, deviceId, state: row.state, reason: row.state_reason });
  }
  await countLate();
  return states;
}

// Side by side: after a start hundreds of devices report at once, and each would wait for the round trips of the others.
async function applyFacts(
  tx: Queryable,
  batches: readonly DeviceBatch[],
  services: LateServices,
): Promise<CommitResult['states']> {
  return (await Promise.all(batches.map((batch) => applyFactsOf(tx, batch, services)))).flat();
}

/** What arrived: messages, and signs of some that cannot be read yet. */
function arrivals(batches: readonly DeviceBatch[]): InboundOfDevice[] {
  const inbound = gather(batches, 'inbound').map(({ workspaceId, deviceId, record }): InboundOfDevice => {
    return { ...record.message, workspaceId, deviceId };
  });
  const unread = gather(batches, 'undecryptable').map(({ workspaceId, deviceId, record }): InboundOfDevice => {
    const { waId, chat, sender, fromMe, at, reason } = record;
    const content = { type: 'undecryptable' as const };
    return { workspaceId, deviceId, waId, chat, sender, fromMe, sentAt: at, offline: false, content, reason };
  });
  // Of a message that came readable meanwhile the sign is left out, as of one that is stored.
  return [...inbound, ...unread];
}

/** Parts of history that were announced: each is read once it is noted here, and not before. */
async function noteHistory(tx: Queryable, batches: readonly DeviceBatch[]): Promise<number> {
  const parts = gather(batches, 'history').map(({ workspaceId, deviceId, record }) => {
    return { ...record.part, workspaceId, deviceId };
  });
  if (parts.length > 0) await insertParts(tx, parts);
  for (const part of parts) await tellProgress(tx, part);
  return parts.length;
}

function readsOf(batches: readonly DeviceBatch[]): ReadElsewhere[] {
  return gather(batches, 'read').map(({ workspaceId, deviceId, record: { kind: _kind, ...read } }) => {
    return { workspaceId, deviceId, ...read };
  });
}

function picturesOf(batches: readonly DeviceBatch[]): PictureOfDevice[] {
  return gather(batches, 'picture').map(({ workspaceId, deviceId, record: { of, id, at } }) => {
    return { workspaceId, deviceId, of, id, at };
  });
}

function callsOf(batches: readonly DeviceBatch[]): CallOfDevice[] {
  return gather(batches, 'call').map(({ workspaceId, deviceId, record }) => ({
    ...record.call,
    workspaceId,
    deviceId,
  }));
}

function reportsOf(batches: readonly DeviceBatch[]): ReportOfDevice[] {
  return gather(batches, 'report').map(({ workspaceId, deviceId, record }) => {
    return { ...record.report, workspaceId, deviceId };
  });
}

/** What sessions learnt of their groups, in the order they learnt it. Returns how much that was. */
async function writeGroups(tx: Queryable, batches: readonly DeviceBatch[], now: Date): Promise<number> {
  const last = lastWords(batches);
  const groups = last.flatMap(({ record, ...device }) =>
    record.kind === 'group' ? [{ ...device, group: record.group }] : [],
  );
  await applyGroups(tx, groups);
  for (const { record, ...device } of last)
    if (record.kind === 'group_left') await applyLeft(tx, { ...device, waId: record.id, now });
  const known = gather(batches, 'groups_known');
  for (const { record, ...device } of known) {
    const entered = groups.flatMap(({ deviceId, group }) => (deviceId === device.deviceId ? [group.id] : []));
    await applyKnown(tx, { ...device, waIds: [...record.ids, ...entered], now });
  }
  return last.length + known.length;
}

/** The last word on each group of each device. */
function lastWords(batches: readonly DeviceBatch[]): Owned<RecordOf<'group' | 'group_left'>>[] {
  const last = new Map<string, Owned<RecordOf<'group' | 'group_left'>>>();
  for (const { workspaceId, deviceId, records } of batches)
    for (const record of records) {
      if (record.kind !== 'group' && record.kind !== 'group_left') continue;
      const id = record.kind === 'group' ? record.group.id : record.id;
      last.set(`${deviceId} ${id}`, { workspaceId, deviceId, record });
    }
  return [...last.values()];
}

const settledBy = (changes: readonly StatusChange[]): CommitResult['settled'] =>
  changes.map((change) => ({ deviceId: change.device_id, messageId: change.id }));

/** On whose behalf a commit is made. */
export const workspacesOf = (batches: readonly DeviceBatch[]): string[] =>
  batches.map(({ workspaceId }) => workspaceId);

const STATE: ReadonlySet<EngineRecord['kind']> = new Set(['keys', 'credentials']);

/** A report on what changes another message has that change to make. */
function isOneStep(record: EngineRecord): boolean {
  return record.kind === 'report' ? !isActionWaId(record.report.waId) : STATE.has(record.kind);
}

/** Workspaces whose sessions brought more than their own state. */
function toldOf(batches: readonly DeviceBatch[]): string[] {
  return [...new Set(workspacesOf(batches.filter(({ records }) => records.some(({ kind }) => !STATE.has(kind)))))];
}

/**
 * The way of nearly every commit, those of a send: session state and reports need nothing read first, so they are one
 * batch, one round trip. Null, and nothing written, when there is more to write or a lease is lost.
 */
export async function commitInOneStep(db: Db, batches: readonly DeviceBatch[]): Promise<CommitResult | null> {
  if (batches.some(({ records }) => records.some((record) => !isOneStep(record)))) return null;
  const gathered = new Gathered();
  await assertLeases(gathered, batches);
  await writeSecrets(gathered, batches);
  const before = gathered.statements.length;
  await applyReports(gathered, reportsOf(batches));
  try {
    const rows = await db.patient(workspacesOf(batches)).batch(gathered.statements);
    // The rows of applyReports' one statement, where there was one.
    const changes = (rows[before] ?? []) as StatusChange[];
    const told = changes.length > 0 ? [...new Set(workspacesOf(batches))] : [];
    return { fenced: [], files: false, settled: settledBy(changes), states: [], unwanted: [], merged: [], told };
  } catch (error) {
    if (isLeaseLost(error)) return null;
    throw error;
  }
}

/**
 * Writes what the engine's sessions want durable, in the caller's transaction: first the leases (a stale token writes
 * nothing), then keys and credentials, then what they made possible to know.
 */
export async function commitBatches(
  tx: Tx,
  batches: readonly DeviceBatch[],
  services: FactServices & ChangeServices & { now: Date },
): Promise<CommitResult> {
  const holding = await lockLeases(tx, batches);
  const valid = batches.filter((batch) => holding.has(batch.deviceId));
  const fenced = batches.filter((batch) => !holding.has(batch.deviceId)).map((batch) => batch.deviceId);
  await writeSecrets(tx.later, valid);
  const inbound = arrivals(valid);
  let late: ReadonlyMap<string, number> = new Map();
  const hearLate = (byDevice: Map<string, number>) => {
    late = byDevice;
  };
  await recordInbound(tx, inbound, { ...services, late: hearLate });
  const altered = gather(valid, 'change').map(({ workspaceId, deviceId, record }): ChangeOfDevice => {
    return { ...record.change, workspaceId, deviceId };
  });
  await recordChanges(tx, altered, services);
  await applyReads(tx, readsOf(valid));
  const reports = reportsOf(valid);
  const changes = await applyReports(tx, reports);
  await applySentActions(tx, reports, services);
  const presences = gather(valid, 'presence').map(({ workspaceId, deviceId, record }): PresenceOfDevice => {
    return { ...record, workspaceId, deviceId };
  });
  await recordPresences(tx, presences);
  const states = await applyFacts(tx, valid, { ...services, late });
  const calls = await recordCalls(tx, callsOf(valid), services.now);
  await noteHistory(tx, valid);
  await writeGroups(tx, valid, services.now);
  // After the groups and people they are of.
  await recordPictures(tx, picturesOf(valid));
  return {
    fenced,
    files: inbound.some(({ sealedMedia }) => sealedMedia !== undefined),
    settled: settledBy(changes),
    states,
    unwanted: calls.unwanted,
    merged: mergedChats(tx),
    told: toldOf(valid),
  };
}
