import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { issueApiKey, renewSecret } from '../../src/features/api-keys/index.ts';
import { recordCalls } from '../../src/features/calls/index.ts';
import { ensureContactByPhone } from '../../src/features/contacts/index.ts';
import { insertConversation } from '../../src/features/conversations/index.ts';
import { changeState } from '../../src/features/devices/index.ts';
import { insertDevice, setDesired } from '../../src/features/devices/store.ts';
import { applyGroups } from '../../src/features/groups/index.ts';
import { insertInvitation } from '../../src/features/members/invitation-store.ts';
import { insertPerson } from '../../src/features/members/person-store.ts';
import { insertSession } from '../../src/features/members/session-store.ts';
import { insertMembership } from '../../src/features/members/store.ts';
import { applyReports, recordInbound } from '../../src/features/messages/index.ts';
import { insertOutbound } from '../../src/features/messages/store.ts';
import { insertTemplate } from '../../src/features/messages/templates/store.ts';
import { NO_LIMITS } from '../../src/features/plans/index.ts';
import { insertTestDelivery } from '../../src/features/webhooks/delivery-store.ts';
import { changeWebhook } from '../../src/features/webhooks/index.ts';
import { insertWebhook } from '../../src/features/webhooks/store.ts';
import type { Actor, SandboxControl } from '../../src/operations/context.ts';
import type { Operation } from '../../src/operations/define.ts';
import type { CallReply } from '../../src/operations/reply.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { brandId, newId } from '../../src/platform/ids.ts';
import { insertJob } from '../../src/platform/jobs/store.ts';
import { pastPicture, queued } from '../delivery/factories.ts';
import type { Json } from '../kit/api.ts';
import { Caller } from '../kit/calls.ts';
import { exampleBody, exampleParams, type Ids } from '../kit/example-input.ts';
import { mediaOn, outsideFile, PIXEL } from '../kit/media.ts';
import { groupOf } from '../kit/whatsapp.ts';

const OPERATOR: Actor = { kind: 'operator', id: 'operator', scopes: ['*'] };
const DAY_MS = 24 * 3_600_000;
/** The name `Caller.create` gives a workspace. */
const NAME = 'Test';
/** Only a person may do these. */
const BY_PERSON: ReadonlySet<string> = new Set(['workspace.erase']);
let phones = 0;

/** What the schema's examples cannot know: operations that need a thing in another state than the others do. */
const OTHER_IDS: Record<string, (ids: Ids) => Ids> = {
  'devices.link': (ids) => ({ dev: ids['unlinked'] ?? '' }),
  'messages.read': (ids) => ({ msg: ids['received'] ?? '' }),
  'messages.cancel': (ids) => ({ msg: ids['waiting'] ?? '' }),
  'messages.fetchMedia': (ids) => ({ msg: ids['past'] ?? '' }),
  'keys.endRotation': (ids) => ({ key: ids['rotating'] ?? '' }),
  'webhooks.verify': (ids) => ({ whk: ids['unverified'] ?? '' }),
  'webhooks.resume': (ids) => ({ whk: ids['paused'] ?? '' }),
};

/** What a body has beside what it must have. */
const MORE: Record<string, Json> = {
  // A plan with API access, so that a key is shown.
  'workspaces.create': { plan: 'growth' },
  'keys.update': { name: 'Renamed' },
  'workspace.update': { name: 'Renamed' },
  'webhooks.update': { description: 'Renamed' },
  'workspace.erase': { confirm: NAME },
};

/** A workspace with one of everything an operation may name. */
export interface FurnishedWorkspace {
  caller: Caller;
  operator: Caller;
  ids: Ids;
}

async function linkedDevice(db: Db, workspaceId: string): Promise<string> {
  const id = newId('dev');
  phones += 1;
  const account = { phone: `+1555${String(phones).padStart(7, '0')}`, companion: 1 };
  await insertDevice(db, { id, workspaceId, label: 'Linked', network: 'sandbox' });
  await setDesired(db, { workspaceId, id, desired: 'open' });
  const target = { workspaceId, deviceId: id, now: new Date() };
  await db.tx(async (tx) => {
    await changeState(tx, target, { kind: 'fact', fact: { fact: 'paired', account } });
    await changeState(tx, target, { kind: 'fact', fact: { fact: 'open', account } });
  });
  return id;
}

async function memberOf(db: Db, workspaceId: string): Promise<{ usr: string; ses: string }> {
  const [usr, ses] = [newId('usr'), newId('ses')];
  await insertPerson(db, { id: usr, email: `${usr}@example.com`, name: 'Member', passwordHash: 'none' });
  await insertMembership(db, { workspaceId, personId: usr, role: 'viewer' });
  const session = { id: ses, personId: usr, workspaceId, tokenHash: randomBytes(32), address: '192.0.2.1' };
  await insertSession(db, { ...session, userAgent: null, expiresAt: new Date(Date.now() + DAY_MS) });
  return { usr, ses };
}

async function templateOf(db: Db, workspaceId: string): Promise<string> {
  const id = newId('tpl');
  const content = { text: { body: 'Order {{order}}' } };
  const order = { name: 'order', type: 'text', required: true, default: null, maxLength: 100, description: null };
  const named = { name: 'furnished', language: 'en', type: 'text' };
  await insertTemplate(db, { ...named, id, workspaceId, content, variables: [order], mediaId: null, now: new Date() });
  return id;
}

/** A key that may everything, one that is being rotated, a contact, and a job that waits. */
async function belongingsOf(db: Db, workspaceId: string): Promise<Record<'key' | 'rotating' | 'con' | 'job', string>> {
  const wanted = { workspaceId, scopes: ['*'], expiresAt: null };
  const key = await issueApiKey(db, { ...wanted, name: 'Everything' });
  const rotating = await issueApiKey(db, { ...wanted, name: 'Rotating' });
  await renewSecret(db, rotating.row, { overlap: 3_600, now: new Date() });
  phones += 1;
  const phone = `+1557${String(phones).padStart(7, '0')}`;
  const con = await ensureContactByPhone(db, { id: newId('con'), workspaceId, phone });
  const job = newId('job');
  await insertJob(db, {
    id: job,
    workspaceId,
    kind: 'workspace.export',
    input: {},
    singleKey: null,
    cancelable: true,
    createdBy: key.id,
  });
  return { key: key.id, rotating: rotating.id, con, job };
}

/** Endpoints: one that is active, with a delivery, one that was never verified, and one that is paused. */
async function webhooksOf(
  db: Db,
  workspaceId: string,
): Promise<Record<'whk' | 'unverified' | 'paused' | 'wdl', string>> {
  const now = new Date();
  const sealed = { headersSealed: randomBytes(32), secretSealed: randomBytes(61) };
  const wanted = {
    description: '',
    events: ['*'],
    deviceIds: null,
    ordered: false,
    headerNames: [],
    createdBy: 'key_none',
  };
  const make = (url: string, ...triggers: ('verified' | 'pause')[]) =>
    db.tx(async (tx) => {
      let row = await insertWebhook(tx, { ...wanted, ...sealed, url, id: newId('whk'), workspaceId, now });
      for (const trigger of triggers) row = (await changeWebhook(tx, row, { trigger, now })) ?? row;
      return row.id;
    });
  const whk = await make('https://hooks.example.com/active', 'verified');
  const unverified = await make('https://hooks.example.com/unverified');
  const paused = await make('https://hooks.example.com/paused', 'verified', 'pause');
  const [wdl, eventId] = [newId('wdl'), newId('evt')];
  const event = { eventId, eventType: 'webhook.test', lane: eventId, payload: {} };
  await insertTestDelivery(db, { ...event, id: wdl, workspaceId, webhookId: whk, now });
  return { whk, unverified, paused, wdl };
}

/** A text of the device to the contact that WhatsApp took just now. */
async function sentMessage(db: Db, { ws, dev, con }: Record<'ws' | 'dev' | 'con', string>): Promise<string> {
  const [id, conversationId, waId] = [newId('msg'), newId('cnv'), newId('req')];
  await insertConversation(db, { id: conversationId, workspaceId: ws, deviceId: dev, contactId: con });
  await insertOutbound(db, {
    id,
    workspaceId: ws,
    deviceId: dev,
    conversationId,
    waId,
    type: 'text',
    content: { text: { body: 'Sent' } },
    status: 'queued',
    statusRank: 1,
    heldReason: null,
    clientRef: null,
    metadata: null,
    priority: 'normal',
    transactional: false,
    sendAt: null,
    validUntil: new Date(Date.now() + DAY_MS),
    createdAt: new Date(),
  });
  await applyReports(db, [{ workspaceId: ws, deviceId: dev, waId, status: 'sent', at: Date.now() }]);
  return id;
}

/** Media of the workspace that no message shows. */
async function mediaIn(db: Db, workspaceId: string): Promise<string> {
  const media = await mediaOn(db);
  const file = { from: Readable.from([PIXEL]), mimeType: 'image/png', fileName: 'pixel.png' };
  const made = { workspaceId, deviceId: null, source: 'upload', standalone: true, now: new Date() } as const;
  return (await media.ingest(file, made)).id;
}

/** A received message nobody has read, with its chat, a group, and a call that rings. */
async function chatsOf(
  db: Db,
  workspaceId: string,
  deviceId: string,
): Promise<Record<'received' | 'cnv' | 'grp' | 'call', string>> {
  phones += 1;
  const chat = { kind: 'person', phone: `+1558${String(phones).padStart(7, '0')}` } as const;
  const message = { waId: newId('req'), chat, sender: chat, fromMe: false, sentAt: Date.now(), offline: false };
  const content = { type: 'text', text: { body: 'Hello' } } as const;
  const services = { now: new Date(), dataKey: async () => randomBytes(32) };
  return db.tx(async (tx) => {
    await recordInbound(tx, [{ ...message, content, workspaceId, deviceId }], services);
    const rows = await tx.query<{ id: string; conversation_id: string }>(
      `select id, conversation_id from message where workspace_id = $1 and direction = 'inbound'`,
      [workspaceId],
    );
    const group = groupOf(`1203631${String(phones).padStart(11, '0')}`);
    const [grp = ''] = await applyGroups(tx, [{ workspaceId, deviceId, group }]);
    const offer = { callId: newId('req'), caller: chat, callerJid: `${chat.phone.slice(1)}@s.whatsapp.net` };
    const news = { type: 'offer', video: false } as const;
    await recordCalls(tx, [{ ...offer, news, at: Date.now(), workspaceId, deviceId }], services.now);
    const [call] = await tx.query<{ id: string }>('select id from call where workspace_id = $1', [workspaceId]);
    return { received: rows[0]?.id ?? '', cnv: rows[0]?.conversation_id ?? '', grp, call: call?.id ?? '' };
  });
}

/** Who calls an operation by example. */
export function actorOf(operation: Operation, { ids }: Pick<FurnishedWorkspace, 'ids'>): Actor {
  if (operation.audience === 'operator') return OPERATOR;
  if (BY_PERSON.has(operation.id)) {
    const id = brandId('usr', ids['usr'] ?? '');
    return { kind: 'person', id, role: 'owner', sessionId: brandId('ses', ids['ses'] ?? '') };
  }
  const id = brandId('key', ids['key'] ?? '');
  return { kind: 'api_key', id, scopes: ['*'], devices: null, ips: null, expiresAt: null };
}

/** Furnishes a fresh workspace; what it takes to do so leaves no audit row. */
export async function furnish(db: Db, sandbox: SandboxControl | null = null): Promise<FurnishedWorkspace> {
  const caller = await Caller.create(db);
  const operator = new Caller(db, brandId('ws', 'operator'), NO_LIMITS);
  caller.sandbox = sandbox;
  const { workspaceId } = caller;
  const inv = newId('inv');
  await insertInvitation(db, {
    id: inv,
    workspaceId,
    email: 'open@example.com',
    role: 'viewer',
    tokenHash: randomBytes(32),
    invitedBy: 'key_none',
    expiresAt: new Date(Date.now() + DAY_MS),
  });
  phones += 1;
  const dev = await linkedDevice(db, workspaceId);
  const belongings = await belongingsOf(db, workspaceId);
  const ids: Ids = {
    ws: workspaceId,
    dev,
    msg: await sentMessage(db, { ws: workspaceId, dev, con: belongings.con }),
    waiting: (await queued(db, { workspaceId, deviceId: dev, token: 0 })).id,
    tpl: await templateOf(db, workspaceId),
    unlinked: await caller.device('sandbox'),
    inv,
    med: await mediaIn(db, workspaceId),
    phone: `+1556${String(phones).padStart(7, '0')}`,
    ...(await memberOf(db, workspaceId)),
    ...belongings,
    ...(await webhooksOf(db, workspaceId)),
    ...(await chatsOf(db, workspaceId, dev)),
    past: await pastPicture(db, { workspaceId, deviceId: dev }),
  };
  return { caller, operator, ids };
}

/** Of a file to fetch, one that is really there. */
const outsideOf = async ({ id }: Operation) => (id === 'media.fetch' ? { url: await outsideFile() } : {});

/** Calls an operation with what its own schemas give as examples, and the ids of this workspace. */
export async function callByExample(
  world: FurnishedWorkspace,
  operation: Operation,
  options: { key?: string; on?: Db } = {},
): Promise<CallReply> {
  const ids = { ...world.ids, ...OTHER_IDS[operation.id]?.(world.ids) };
  const isOperators = operation.audience === 'operator';
  const caller = (isOperators ? world.operator : world.caller).on(options.on ?? world.caller.db);
  const body = exampleBody(operation, ids);
  const input = {
    params: exampleParams(operation, ids),
    query: {},
    ...(body ? { body: { ...body, ...MORE[operation.id], ...(await outsideOf(operation)) } } : {}),
  };
  const key = options.key === undefined ? {} : { key: options.key };
  return caller.call(operation.id, input, { ...key, actor: actorOf(operation, world) });
}
