import { createCipheriv, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { bodyOf } from '../../src/delivery/outbound-body.ts';
import { claimNext, unclaimDevice } from '../../src/delivery/store.ts';
import type { GroupSnapshot, MemberRole } from '../../src/engine/asks.ts';
import type { EngineRecord, Inbound, InboundChange } from '../../src/engine/port.ts';
import { deleteUnclaimedChanges } from '../../src/features/messages/index.ts';
import { toMessage } from '../../src/features/messages/schemas.ts';
import { findMessage } from '../../src/features/messages/store.ts';
import {
  messageSecretContext,
  optionHash,
  ownMessageSecret,
  pollVoteKey,
} from '../../src/platform/crypto/message-secret.ts';
import { seal } from '../../src/platform/crypto/seal.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { WapingError } from '../../src/platform/errors.ts';
import { brandId } from '../../src/platform/ids.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { commit, DATA_KEY, type OwnedDevice, ownedDevice, queued } from './factories.ts';

const ADA = { kind: 'person', phone: '+15550003000' } as const;
const BEN = { kind: 'person', phone: '+15550004000' } as const;
const CYD = { kind: 'person', phone: '+15550005000' } as const;
const TEAM = { kind: 'group', id: '120363000000000009' } as const;
const T0 = Date.UTC(2026, 10, 1);
const POLL = { type: 'poll' as const, poll: { question: 'When?', options: ['Now', 'Later'], selectableCount: 1 } };

type Change = InboundChange['change'];
const edit = (body: string): Change => ({ type: 'edit', content: { type: 'text', text: { body } } });

function arrival(waId: string, extra: Partial<Inbound> = {}): EngineRecord {
  const content = { type: 'text', text: { body: `text ${waId}` } } as const;
  const base = { waId, chat: ADA, sender: ADA, fromMe: false, sentAt: T0, content, offline: false };
  return { kind: 'inbound', message: { ...base, ...extra } };
}

let told = 0;
function change(targetWaId: string, what: Change, extra: Partial<InboundChange> = {}): EngineRecord {
  told += 1;
  const base = { waId: `C${told}`, chat: ADA, sender: ADA, fromMe: false, at: T0 + told, targetWaId, change: what };
  return { kind: 'change', change: { ...base, ...extra } };
}

function vote(secret: Uint8Array, pollId: string, options: readonly string[]): Change {
  const [creator, voter] = ['15550001000@s.whatsapp.net', '15550003000@s.whatsapp.net'];
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', pollVoteKey({ secret, pollId, creator, voter }), iv);
  cipher.setAAD(Buffer.from(`${pollId}\0${voter}`));
  const plain = Buffer.concat(options.map((option) => Buffer.concat([Buffer.of(0x0a, 32), optionHash(option)])));
  const payload = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { type: 'vote', vote: { payload, iv, creators: ['999@lid', creator], voters: [voter] } };
}

async function message(db: Db, { workspaceId, deviceId }: OwnedDevice, waId: string) {
  const [row] = await db.query<{ id: string }>(
    'select id from message where workspace_id = $1 and device_id = $2 and wa_id = $3',
    [workspaceId, deviceId, waId],
  );
  const found = row && (await findMessage(db, workspaceId, row.id));
  if (!found) throw new Error(`there is no message ${waId}`);
  return toMessage(found);
}

const events = async (db: Db, { workspaceId }: OwnedDevice, type = 'message.') =>
  db.query<{ type: string; subject_id: string; data: Record<string, unknown> }>(
    `select type, subject_id, data from event where workspace_id = $1 and starts_with(type, $2)
     and type in ('message.edited', 'message.revoked', 'message.reaction', 'message.vote') order by sequence`,
    [workspaceId, type],
  );

const waiting = async (db: Db, { workspaceId }: OwnedDevice) =>
  (await db.query('select 1 from message_change where workspace_id = $1 and message_id is null', [workspaceId])).length;

describeEachDb('what others do to a message', (database) => {
  it('an edit gives it the new text, keeps the old one nowhere in the message or its event, and is told once', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [arrival('A1')]);
    const told = change('A1', edit('new'));
    await commit(db, device, [told]);
    await commit(db, device, [told]);
    const shown = await message(db, device, 'A1');
    expect(shown).toMatchObject({ text: { body: 'new' }, status: 'received', revokedAt: null });
    expect(shown.editedAt).not.toBeNull();
    const found = await events(db, device);
    expect(found).toMatchObject([
      { type: 'message.edited', subject_id: shown.id, data: { message: { id: shown.id } } },
    ]);
    expect(JSON.stringify(found)).not.toContain('text A1');
  });

  it('edits count in the order they were made, whatever order they come in', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [arrival('A1')]);
    await commit(db, device, [change('A1', edit('second'), { at: T0 + 2_000 })]);
    await commit(db, device, [change('A1', edit('first'), { at: T0 + 1_000 })]);
    expect((await message(db, device, 'A1')).text).toEqual({ body: 'second' });
    expect(await events(db, device)).toHaveLength(1);
  });

  it('a revoke takes its content away; edits after it change nothing', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [arrival('A1')]);
    await commit(db, device, [change('A1', { type: 'revoke', byAdmin: false }), change('A1', edit('back'))]);
    const shown = await message(db, device, 'A1');
    expect(shown).toMatchObject({ text: null, editedAt: null });
    expect(shown.revokedAt).not.toBeNull();
    expect((await events(db, device)).map(({ type }) => type)).toEqual(['message.revoked']);
  });

  it('waits for its message when it comes first, and then counts in the order it was made', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [
      change('A1', edit('newest'), { at: T0 + 9_000 }),
      change('A1', edit('newer'), { at: T0 + 1 }),
    ]);
    await commit(db, device, [change('A1', { type: 'reaction', emoji: '👍' })]);
    expect([await waiting(db, device), (await events(db, device)).length]).toEqual([3, 0]);
    await commit(db, device, [arrival('A1')]);
    expect(await message(db, device, 'A1')).toMatchObject({ text: { body: 'newest' }, reactions: [{ emoji: '👍' }] });
    expect(await waiting(db, device)).toBe(0);
    expect((await events(db, device)).map(({ type }) => type).sort()).toEqual([
      'message.edited',
      'message.edited',
      'message.reaction',
    ]);
  });

  it('takes the place of what could not be read under its id', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const unreadable = (waId: string): EngineRecord => {
      return { kind: 'undecryptable', waId, chat: ADA, sender: ADA, fromMe: false, at: T0, reason: 'no session' };
    };
    await commit(db, device, [arrival('A1'), unreadable('X1'), unreadable('X2')]);
    const unread = () =>
      db.query<{ unread: number }>('select unread from conversation where workspace_id = $1', [device.workspaceId]);
    expect(await unread()).toEqual([{ unread: 3 }]);
    await commit(db, device, [change('A1', { type: 'reaction', emoji: '👍' }, { waId: 'X1' })]);
    expect(await unread()).toEqual([{ unread: 2 }]);
    const left = await db.query<{ wa_id: string }>('select wa_id from message where workspace_id = $1 order by wa_id', [
      device.workspaceId,
    ]);
    expect(left.map(({ wa_id }) => wa_id)).toEqual(['A1', 'X2']);
  });

  it('what never finds its message is forgotten in the end', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [change('A1', edit('x'))]);
    await deleteUnclaimedChanges(db, new Date(Date.now() - 60_000), 10);
    expect(await waiting(db, device)).toBe(1);
    await deleteUnclaimedChanges(db, new Date(Date.now() + 60_000), 10);
    expect(await waiting(db, device)).toBe(0);
  });

  it('nobody changes what another wrote: not in a group, not from another chat, not our own', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [
      arrival('G1', { chat: TEAM, sender: ADA }),
      arrival('A1'),
      arrival('M1', { chat: ADA, sender: ADA, fromMe: true }),
    ]);
    const revoke: Change = { type: 'revoke', byAdmin: false };
    await commit(db, device, [
      change('G1', edit('by Ben'), { chat: TEAM, sender: BEN }),
      change('G1', revoke, { chat: TEAM, sender: BEN }),
      change('A1', edit('from elsewhere'), { chat: BEN, sender: BEN }),
      change('M1', edit('ours'), { sender: ADA }),
      change('A1', edit('by us'), { fromMe: true }),
    ]);
    for (const waId of ['G1', 'A1', 'M1'])
      expect(await message(db, device, waId)).toMatchObject({ text: { body: `text ${waId}` }, revokedAt: null });
    expect(await events(db, device)).toEqual([]);
    await commit(db, device, [
      change('G1', { type: 'revoke', byAdmin: true }, { chat: TEAM, sender: BEN }),
      change('M1', edit('from our phone'), { fromMe: true }),
    ]);
    expect((await message(db, device, 'G1')).revokedAt).not.toBeNull();
    expect((await message(db, device, 'M1')).text).toEqual({ body: 'from our phone' });
  });

  it('an admin takes back what another wrote; where the members of the group are known nobody else does', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const team = (role: MemberRole, more: GroupSnapshot['members'] = []): EngineRecord => {
      const settings = { announce: false, locked: false, memberAdd: 'all', joinApproval: false } as const;
      const members = [{ address: ADA, role: 'owner' as const }, { address: BEN, role }, ...more];
      const group = { id: TEAM.id, subject: 'Team', description: '', ephemeralSeconds: 0, ...settings, members };
      return { kind: 'group', group };
    };
    const revoke = (waId: string, extra: Partial<InboundChange>): EngineRecord =>
      change(waId, { type: 'revoke', byAdmin: true }, { chat: TEAM, ...extra });
    const isRevoked = async (waId: string) => (await message(db, device, waId)).revokedAt !== null;
    const written = ['G1', 'G2', 'G3', 'G4', 'G5'].map((waId) => arrival(waId, { chat: TEAM, sender: ADA }));
    await commit(db, device, [team('member'), ...written]);
    await commit(db, device, [revoke('G1', { sender: BEN }), revoke('G2', { sender: CYD })]);
    expect([await isRevoked('G1'), await isRevoked('G2')]).toEqual([false, false]);
    expect(await waiting(db, device)).toBe(0);
    await commit(db, device, [team('admin')]);
    await commit(db, device, [revoke('G3', { sender: BEN }), revoke('G4', { fromMe: true })]);
    expect([await isRevoked('G3'), await isRevoked('G4')]).toEqual([true, true]);
    expect((await events(db, device)).map(({ type }) => type)).toEqual(['message.revoked', 'message.revoked']);
    // The admin whose number is not known may be the one who asks.
    await commit(db, device, [team('member', [{ address: { kind: 'person', lid: '9988' }, role: 'admin' }])]);
    await commit(db, device, [revoke('G5', { sender: CYD })]);
    expect(await isRevoked('G5')).toBe(true);
  });

  it('keeps one reaction of each sender, the latest made; an empty one takes it back', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [arrival('G1', { chat: TEAM, sender: ADA })]);
    const react = (emoji: string, extra: Partial<InboundChange>): EngineRecord =>
      change('G1', { type: 'reaction', emoji }, { chat: TEAM, ...extra });
    await commit(db, device, [
      react('👍', { sender: ADA }),
      react('😀', { sender: BEN }),
      react('🎉', { fromMe: true }),
    ]);
    await commit(db, device, [react('❤️', { sender: ADA }), react('👎', { sender: ADA, at: T0 - 1 })]);
    const { reactions } = await message(db, device, 'G1');
    expect(reactions.map(({ emoji }) => emoji)).toEqual(['😀', '🎉', '❤️']);
    expect(reactions[1]?.senderId).toBeNull();
    await commit(db, device, [react('', { sender: BEN })]);
    expect((await message(db, device, 'G1')).reactions.map(({ emoji }) => emoji)).toEqual(['🎉', '❤️']);
    expect((await events(db, device)).at(-1)).toMatchObject({
      type: 'message.reaction',
      data: { reaction: { emoji: '' } },
    });
  });

  it('counts votes on a poll of ours and of others, a new vote in place of the old, also one that came first', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { workspaceId, deviceId } = device;
    const secret = randomBytes(32);
    const sealedSecret = seal(DATA_KEY, secret, messageSecretContext(workspaceId, deviceId, 'P1'));
    await commit(db, device, [change('P1', vote(secret, 'P1', ['Now']))]);
    await commit(db, device, [arrival('P1', { content: POLL, sealedSecret })]);
    const results = async (waId: string) => (await message(db, device, waId)).pollResults?.map(({ votes }) => votes);
    expect(await results('P1')).toEqual([1, 0]);
    await commit(db, device, [change('P1', vote(secret, 'P1', ['Later']))]);
    expect(await results('P1')).toEqual([0, 1]);
    await commit(db, device, [change('P1', vote(randomBytes(32), 'P1', ['Now']))]);
    expect(await results('P1')).toEqual([0, 1]);

    const own = await queued(db, device, ADA.phone);
    await db.query(`update message set type = 'poll', content = $3::jsonb where workspace_id = $1 and id = $2`, [
      workspaceId,
      own.id,
      JSON.stringify({ poll: POLL.poll }),
    ]);
    const ours = ownMessageSecret(DATA_KEY, deviceId, own.waId);
    await commit(db, device, [change(own.waId, vote(ours, own.waId, ['Now', 'Later']))]);
    expect(await results(own.waId)).toEqual([1, 1]);
    await commit(db, device, [change(own.waId, vote(ours, own.waId, []))]);
    expect(await results(own.waId)).toEqual([0, 0]);
    const last = (await events(db, device)).at(-1);
    expect(last).toMatchObject({ type: 'message.vote', subject_id: own.id, data: { vote: { options: [] } } });
  });

  it('names the message an arrival answers, of the same chat only, also within one batch', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const answer = (waId: string, to: string, extra: Partial<Inbound> = {}) =>
      arrival(waId, { context: { quoted: { waId: to }, mentions: [BEN], forwarded: true }, ...extra });
    await commit(db, device, [arrival('A1'), answer('A2', 'A1')]);
    await commit(db, device, [
      answer('A3', 'A2'),
      answer('B1', 'A1', { chat: BEN, sender: BEN }),
      answer('A4', 'gone'),
    ]);
    const [a1, a2, a3] = await Promise.all(['A1', 'A2', 'A3'].map((waId) => message(db, device, waId)));
    expect([a2?.replyTo, a3?.replyTo]).toEqual([a1?.id, a2?.id]);
    expect(a2).toMatchObject({ mentions: [BEN.phone], forwarded: true });
    for (const waId of ['B1', 'A4']) expect((await message(db, device, waId)).replyTo).toBeNull();
  });
});

const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 10_000, apiAccess: true, suspended: false };
const MINUTE = 60_000;

/** A message of ours that WhatsApp took just now, and who asks for changes of it. */
async function ownMessage(db: Db) {
  const device = await ownedDevice(db);
  const caller = new Caller(db, brandId('ws', device.workspaceId), LIMITS);
  const { id, waId } = await queued(db, device, ADA.phone);
  const report = (of: string, status: 'sent' | 'delivered' | 'failed', more = {}): EngineRecord => ({
    kind: 'report',
    report: { waId: of, status, at: Date.now(), ...more },
  });
  await commit(db, device, [report(waId, 'sent')]);
  const ask = async (operation: string, body?: object, now = new Date()) => {
    const input = { params: { messageId: id }, ...(body ? { body } : {}) };
    const reply = await caller.call(operation, input, { now });
    const action: { id: string } = JSON.parse(String(reply.body));
    const [row] = await db.query<{ wa_id: string }>('select wa_id from message where workspace_id = $1 and id = $2', [
      device.workspaceId,
      action.id,
    ]);
    return { id: action.id, waId: row?.wa_id ?? '' };
  };
  const edited = (body: string, now?: Date) => ask('messages.edit', { text: { body } }, now);
  return { device, id, waId, report, ask, edited, shown: () => message(db, device, waId) };
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof WapingError ? [error.code, error.message] : error),
  );

describeEachDb('our own changes', (database) => {
  it('an edit waits in the outbox as its own message and counts once WhatsApp has it, once', async () => {
    const { db } = database();
    const { device, id, waId, report, edited, shown } = await ownMessage(db);
    const edit = await edited('new');
    expect((await shown()).text).toEqual({ body: 'Hello' });
    const [claimed] = await claimNext(db, [{ ...device, room: 10 }], []);
    expect(claimed).toMatchObject({ id: edit.id, wa_id: edit.waId, type: 'edit' });
    expect(claimed && (await bodyOf(db, claimed))?.body).toMatchObject({
      content: { type: 'edit', edit: { messageId: id, text: { body: 'new' } } },
      target: { waId, fromMe: true },
    });
    await unclaimDevice(db, device);
    const [again] = await claimNext(db, [{ ...device, room: 10 }], []);
    expect(again?.wa_id, 'another try carries the same id').toBe(edit.waId);
    await commit(db, device, [report(edit.waId, 'delivered')]);
    await commit(db, device, [report(edit.waId, 'sent'), report(edit.waId, 'delivered')]);
    expect((await shown()).text).toEqual({ body: 'new' });
    expect((await events(db, device)).map(({ type }) => type)).toEqual(['message.edited']);
  });

  it('the last edit accepted is the one that stays, whatever order the acks come in', async () => {
    const { db } = database();
    const { device, report, edited, shown } = await ownMessage(db);
    const now = Date.now();
    const [first, second] = [await edited('first', new Date(now)), await edited('second', new Date(now + 1))];
    await commit(db, device, [report(second.waId, 'sent')]);
    await commit(db, device, [report(first.waId, 'sent')]);
    expect((await shown()).text).toEqual({ body: 'second' });
  });

  it('one that WhatsApp refuses changes nothing', async () => {
    const { db } = database();
    const { device, report, edited, ask, shown } = await ownMessage(db);
    for (const action of [await edited('new'), await ask('messages.revoke')])
      await commit(db, device, [report(action.waId, 'failed', { providerCode: '479' })]);
    expect(await shown()).toMatchObject({ text: { body: 'Hello' }, editedAt: null, revokedAt: null });
    expect(await events(db, device)).toEqual([]);
  });

  it('edits are taken for 15 minutes and revokes for 60 hours, then 409 says until when', async () => {
    const { db } = database();
    const { edited, ask, shown } = await ownMessage(db);
    const sentAt = Date.parse(String((await shown()).sentAt));
    const after = (minutes: number) => new Date(sentAt + minutes * MINUTE);
    await edited('in time', after(14));
    await ask('messages.revoke', undefined, after(59 * 60));
    expect(await refusal(edited('late', after(15)))).toEqual([
      'CONFLICT',
      expect.stringContaining(after(15).toISOString()),
    ]);
    expect(await refusal(ask('messages.revoke', undefined, after(60 * 60)))).toEqual(['CONFLICT', expect.any(String)]);
  });

  it('an edit does not wait for its device longer than WhatsApp would take it', async () => {
    const { db } = database();
    const { edited, shown } = await ownMessage(db);
    const { id } = await edited('new');
    const [row] = await db.query<{ valid_until: Date }>('select valid_until from outbox where message_id = $1', [id]);
    expect(row?.valid_until.getTime()).toBe(Date.parse(String((await shown()).sentAt)) + 15 * MINUTE);
  });
});
