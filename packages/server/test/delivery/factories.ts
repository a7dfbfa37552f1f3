import { randomBytes } from 'node:crypto';
import { claimLeases } from '../../src/cluster/store.ts';
import type { CommitResult } from '../../src/delivery/commit.ts';
import { createDurableStore } from '../../src/delivery/durable-store.ts';
import type { DeviceBatch, EngineRecord, EngineStore } from '../../src/engine/port.ts';
import { ensureContactByPhone } from '../../src/features/contacts/index.ts';
import { ensureConversationWithContact } from '../../src/features/conversations/index.ts';
import { changeState } from '../../src/features/devices/index.ts';
import { insertDevice, setDesired } from '../../src/features/devices/store.ts';
import { historyRows, insertHistoryRows } from '../../src/features/messages/index.ts';
import type { Priority } from '../../src/features/messages/priority.ts';
import { findMessage, insertOutbound } from '../../src/features/messages/store.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { newId } from '../../src/platform/ids.ts';

/** The data key of every workspace here. */
export const DATA_KEY = Buffer.alloc(32, 7);
const LEASE_MS = 600_000;
let account = 0;

/** A device of a fresh workspace, connected, with this test holding its lease. */
export interface OwnedDevice {
  workspaceId: string;
  deviceId: string;
  token: number;
}

export async function ownedDevice(db: Db): Promise<OwnedDevice> {
  const workspaceId = newId('ws');
  const deviceId = newId('dev');
  await insertWorkspace(db, { id: workspaceId, name: 'Test', plan: 'enterprise', dataKey: randomBytes(61) });
  await insertDevice(db, { id: deviceId, workspaceId, label: 'Test', network: 'sandbox' });
  await setDesired(db, { workspaceId, id: deviceId, desired: 'open' });
  const holder = `node_${newId('req')}`;
  const leases = await claimLeases(db, { holder, ttlMs: LEASE_MS, own: [], limit: 10_000 });
  const lease = leases.find((one) => one.device_id === deviceId);
  if (!lease) throw new Error('the lease was not free');
  const device = { workspaceId, deviceId, token: Number(lease.token) };
  await connect(db, device);
  return device;
}

async function connect(db: Db, { workspaceId, deviceId }: OwnedDevice): Promise<void> {
  account += 1;
  const fact = { phone: `+1555${String(account).padStart(7, '0')}`, companion: 1 };
  const target = { workspaceId, deviceId, now: new Date() };
  await db.tx(async (tx) => {
    await changeState(tx, target, { kind: 'fact', fact: { fact: 'paired', account: fact } });
    await changeState(tx, target, { kind: 'fact', fact: { fact: 'open', account: fact } });
  });
}

/** The gateway's side of the engine port on this database. */
export function durableStore(db: Db, onCommit: (result: CommitResult) => void = () => {}): EngineStore {
  return createDurableStore(db, { seal: async () => Buffer.alloc(32), dataKey: async () => DATA_KEY, onCommit });
}

/** Commits records as the engine does. */
export async function commit(db: Db, device: OwnedDevice, records: EngineRecord[]): Promise<CommitResult> {
  const batch: DeviceBatch = { ...device, records };
  const results: CommitResult[] = [];
  await durableStore(db, (result) => results.push(result)).commit([batch]);
  const [result] = results;
  if (!result) throw new Error('the commit told nobody');
  return result;
}

/** An accepted message to a phone, waiting in the outbox. */
export async function queued(
  db: Db,
  device: OwnedDevice,
  phone = '+15550002000',
  options: { priority?: Priority; sendAt?: Date; validSeconds?: number } = {},
): Promise<{ id: string; waId: string }> {
  const { workspaceId, deviceId } = device;
  const id = newId('msg');
  const waId = `3EB0${newId('req').slice(4)}`;
  const contactId = await ensureContactByPhone(db, { id: newId('con'), workspaceId, phone });
  const conversationId = await ensureConversationWithContact(db, {
    id: newId('cnv'),
    workspaceId,
    deviceId,
    contactId,
  });
  await insertOutbound(db, {
    id,
    workspaceId,
    deviceId,
    conversationId,
    waId,
    type: 'text',
    content: { text: { body: 'Hello' } },
    status: options.sendAt ? 'scheduled' : 'queued',
    statusRank: options.sendAt ? 0 : 1,
    heldReason: null,
    clientRef: null,
    metadata: null,
    priority: options.priority ?? 'normal',
    transactional: false,
    sendAt: options.sendAt ?? null,
    validUntil: new Date((options.sendAt?.getTime() ?? Date.now()) + (options.validSeconds ?? 60) * 1000),
    createdAt: new Date(),
  });
  return { id, waId };
}

/** A received picture of the past that nobody has asked for; `place` is what is sealed of where it lies. */
export async function pastPicture(
  db: Db,
  { workspaceId, deviceId }: Pick<OwnedDevice, 'workspaceId' | 'deviceId'>,
  place = 1,
): Promise<string> {
  const device = { workspaceId, deviceId };
  const chat = { kind: 'person', phone: '+15550002001' } as const;
  const content = { type: 'image', media: { mimeType: 'image/jpeg', size: 3 } } as const;
  const said = { waId: newId('req'), chat, sender: chat, fromMe: false, sentAt: Date.UTC(2026, 4, 1), content };
  const messages = [{ ...said, sealedMedia: Uint8Array.of(place) }];
  const rows = await historyRows(db, device, { messages, first: 0 });
  await insertHistoryRows(db, { ...device, partWaId: 'none' }, rows);
  return rows.messages[0]?.id ?? '';
}

/** A message's status now. */
export const statusOf = async (db: Db, { workspaceId }: OwnedDevice, id: string) =>
  (await findMessage(db, workspaceId, id))?.status;
