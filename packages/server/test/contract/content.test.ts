import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550001000';
const BRANCH = '+15550001001';
const ADA = '+15550002000';
const BEN = '+15550002001';

const LOCATION = {
  latitude: 52.520008,
  longitude: 13.404954,
  name: 'Gate',
  address: 'Platz 1',
  url: 'https://a.example',
};
const CARDS = [{ name: 'Ada', phones: ['+15551234567'], organization: 'Engines', email: 'a@b.example' }];
const POLL = { question: 'When?', options: ['Now', 'Later', 'Never'], selectableCount: 1 };
const VCARD = 'BEGIN:VCARD\nVERSION:3.0\nFN:Raw Card\nTEL:+15557654321\nNOTE:kept\nEND:VCARD';

let server: TestServer;
let deviceId: string;
let branchId: string;

beforeAll(async () => {
  server = await TestServer.start();
  deviceId = await linkSandboxDevice(server.api, SHOP);
  branchId = await linkSandboxDevice(server.api, BRANCH);
  for (const phone of [ADA, BEN]) await expectOk(server.api.post('/v1/sandbox/phones', { phone, name: phone }));
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (to: string, message: Json) => server.api.post('/v1/messages', { deviceId, to, ...message });
const idOf = async (reply: ReturnType<typeof post>) => String((await expectOk(reply))['id']);
const get = (id: string) => expectOk(server.api.get(`/v1/messages/${id}`));
const reached = (id: string, status = 'delivered') =>
  server.api.until(`/v1/messages/${id}`, (m) => m['status'] === status || m['status'] === 'read');
const until = (id: string, done: (message: Json) => boolean) => server.api.until(`/v1/messages/${id}`, done);
const text = (body: string, more: Json = {}): Json => ({ type: 'text', text: { body }, ...more });

/** Sends a text and waits until WhatsApp has it. */
async function sent(to: string, body: string): Promise<string> {
  const id = await idOf(post(to, text(body)));
  await reached(id);
  return id;
}

async function onPhone(phone: string, find: (message: Json) => boolean): Promise<Json> {
  const path = `/v1/sandbox/phones/${phone}/messages?limit=100`;
  return rowsOf(await server.api.until(path, (body) => rowsOf(body).some(find))).findLast(find) ?? {};
}

async function act(phone: string, body: Json): Promise<string> {
  return String((await expectOk(server.api.post(`/v1/sandbox/phones/${phone}/messages`, { to: SHOP, ...body })))['id']);
}

async function arrived(device: string, from: string, find: (message: Json) => boolean): Promise<Json> {
  const path = `/v1/messages?direction=inbound&deviceId=${device}&phone=${encodeURIComponent(from)}&limit=100`;
  return rowsOf(await server.api.until(path, (body) => rowsOf(body).some(find))).find(find) ?? {};
}

const hasText = (body: string) => (message: Json) => objectOf(message, 'text')['body'] === body;
const says = (body: string) => (message: Json) => message['text'] === body;
const eventsOf = async (type: string, id: string) =>
  rowsOf(await expectOk(server.api.get(`/v1/events?types=${type}&limit=100`))).filter(
    (event) => objectOf(objectOf(event, 'data'), 'message')['id'] === id,
  );
const timeline = async (id: string) =>
  rowsOf(await expectOk(server.api.get(`/v1/messages/${id}/timeline`))).map((row) => row['status']);

describe('kinds of content', () => {
  it.each([
    ['location', LOCATION],
    ['contacts', CARDS],
    ['contacts', [...CARDS, { name: 'Bob', phones: ['030 1234'] }]],
    ['poll', POLL],
    ['poll', { ...POLL, selectableCount: 0 }],
  ])('%s reaches another device and comes back from a phone with the same fields', async (type, content) => {
    const id = await idOf(post(BRANCH, { type, [type]: content }));
    expect((await reached(id))[type]).toEqual(content);
    const there = await arrived(branchId, SHOP, (m) => JSON.stringify(m[type]) === JSON.stringify(content));
    expect(there).toMatchObject({ type, [type]: content, text: null });
    await act(ADA, { [type]: content });
    const back = await arrived(deviceId, ADA, (m) => JSON.stringify(m[type]) === JSON.stringify(content));
    expect(back).toMatchObject({ type, [type]: content });
  });

  it('shows a location, cards and a poll on the phone they went to', async () => {
    await idOf(post(ADA, { type: 'location', location: LOCATION }));
    expect((await onPhone(ADA, (m) => m['type'] === 'location'))['location']).toEqual(LOCATION);
    await idOf(post(ADA, { type: 'contacts', contacts: [{ vcard: VCARD }] }));
    expect((await onPhone(ADA, (m) => m['type'] === 'contacts'))['contacts']).toEqual([
      { name: 'Raw Card', vcard: VCARD },
    ]);
    await idOf(post(ADA, { type: 'poll', poll: POLL }));
    expect((await onPhone(ADA, (m) => m['type'] === 'poll'))['poll']).toEqual(POLL);
  });

  it('reads a raw vCard into fields and keeps it beside them, both ways', async () => {
    const card = { name: 'Raw Card', phones: ['+15557654321'], vcard: VCARD };
    const id = await idOf(post(ADA, { type: 'contacts', contacts: [{ vcard: VCARD }] }));
    expect((await get(id))['contacts']).toEqual([card]);
    await act(ADA, { contacts: [{ vcard: VCARD }] });
    const back = await arrived(deviceId, ADA, (m) => JSON.stringify(m['contacts']) === JSON.stringify([card]));
    expect(back['contacts']).toEqual([card]);
  });

  it.each([
    [{ type: 'location', location: { latitude: 91, longitude: 0 } }, 'location.latitude'],
    [{ type: 'location' }, 'location'],
    [{ type: 'location', location: LOCATION, text: { body: 'x' } }, 'text'],
    [{ type: 'text', text: { body: 'x'.repeat(65_537) } }, 'text.body'],
    [{ type: 'poll', poll: { question: 'x', options: ['a'] } }, 'poll.options'],
    [{ type: 'poll', poll: { question: 'x', options: ['a', 'a'] } }, 'poll.options'],
    [{ type: 'poll', poll: { question: 'x', options: ['a', 'b'], selectableCount: 3 } }, 'poll.selectableCount'],
    [{ type: 'contacts', contacts: [] }, 'contacts'],
    [{ type: 'contacts', contacts: [{ name: 'x' }] }, 'contacts.0.phones'],
    [{ type: 'contacts', contacts: [{ vcard: 'no card' }] }, 'contacts.0.vcard'],
    [{ type: 'reaction', reaction: { messageId: 'msg_01jd8k3v5q7w9x2y4z6a8b0c1d', emoji: 'ok' } }, 'reaction.emoji'],
    [{ type: 'buttons', buttons: {} }, 'type'],
    [{ type: 'text', text: { body: 'x' }, mentions: 'everyone' }, 'mentions'],
    [{ type: 'text', text: { body: 'x' }, mentions: ['123'] }, 'mentions'],
  ])('refuses %j naming the field', async (message, param) => {
    const reply = await post(ADA, message);
    expect([reply.status, errorOf(reply)['code']]).toEqual([400, 'VALIDATION_ERROR']);
    expect(JSON.stringify(reply.body)).toContain(`"${param}`);
  });
});

describe('messages that speak of another', () => {
  it('a reply names its message to the phone, and a reply of the phone names ours', async () => {
    const first = await sent(ADA, 'Question one');
    const shown = await onPhone(ADA, says('Question one'));
    const id = await idOf(post(ADA, text('Answer one', { replyTo: first, mentions: [BEN] })));
    expect(await get(id)).toMatchObject({ replyTo: first, mentions: [BEN] });
    expect(await onPhone(ADA, says('Answer one'))).toMatchObject({ replyTo: shown['id'] });
    await act(ADA, { text: 'Answer two', replyTo: shown['id'] });
    expect(await arrived(deviceId, ADA, hasText('Answer two'))).toMatchObject({ replyTo: first });
  });

  it('replies and reactions to what is in no such chat, or unknown, answer 404', async () => {
    const elsewhere = await sent(BEN, 'In another chat');
    for (const id of [elsewhere, 'msg_01jd8k3v5q7w9x2y4z6a8b0c1d']) {
      const reply = await post(ADA, text('x', { replyTo: id }));
      expect([reply.status, errorOf(reply)['param']]).toEqual([404, 'replyTo']);
      const reaction = await post(ADA, { type: 'reaction', reaction: { messageId: id, emoji: '👍' } });
      expect([reaction.status, errorOf(reaction)['param']]).toEqual([404, 'reaction.messageId']);
    }
  });

  it('a reaction of ours shows on message and phone once WhatsApp has it; an empty one takes it back', async () => {
    await act(BEN, { text: 'React to me' });
    const { id } = await arrived(deviceId, BEN, hasText('React to me'));
    const react = (emoji: string) => post(BEN, { type: 'reaction', reaction: { messageId: id, emoji } });
    await idOf(react('👩‍👩‍👧'));
    const shown = await until(String(id), (m) => Array.isArray(m['reactions']) && m['reactions'].length === 1);
    expect(shown['reactions']).toMatchObject([{ emoji: '👩‍👩‍👧', senderId: null }]);
    expect(await onPhone(BEN, (m) => m['type'] === 'reaction')).toMatchObject({ reaction: { emoji: '👩‍👩‍👧' } });
    await reached(await idOf(react('')));
    await until(String(id), (m) => Array.isArray(m['reactions']) && m['reactions'].length === 0);
    expect(await timeline(String(id))).toEqual(['received', 'reaction', 'reaction']);
    expect(await eventsOf('message.reaction', String(id))).toHaveLength(2);
  });

  it('what a phone does to messages changes them: reaction, edit, revoke, vote', async () => {
    const poll = await idOf(post(BEN, { type: 'poll', poll: POLL }));
    const onBen = await onPhone(BEN, (m) => m['type'] === 'poll');
    await act(BEN, { reaction: { messageId: onBen['id'], emoji: '👍' } });
    await act(BEN, { vote: { messageId: onBen['id'], options: ['Later'] } });
    const voted = await until(poll, (m) => JSON.stringify(m['pollResults']).includes('"votes":1'));
    expect(voted['pollResults']).toMatchObject([{ votes: 0 }, { option: 'Later', votes: 1 }, { votes: 0 }]);
    expect(voted['reactions']).toMatchObject([{ emoji: '👍', senderId: voted['contactId'] }]);
    expect((await timeline(poll)).slice(-2)).toEqual(['reaction', 'vote']);

    const written = await act(BEN, { text: 'tpyo' });
    const { id } = await arrived(deviceId, BEN, hasText('tpyo'));
    await act(BEN, { edit: { messageId: written, text: 'typo' } });
    expect(await until(String(id), hasText('typo'))).toMatchObject({ status: 'received', type: 'text' });
    await act(BEN, { revoke: { messageId: written } });
    expect(await until(String(id), (m) => m['revokedAt'] !== null)).toMatchObject({ text: null });
    expect(await timeline(String(id))).toEqual(['received', 'edited', 'revoked']);
    expect(JSON.stringify(await eventsOf('message.edited', String(id)))).not.toContain('tpyo');
  });

  it('votes in a poll it received, changes its mind and takes the vote back; the phone sees each', async () => {
    const wa = await act(ADA, { poll: { ...POLL, question: 'Yours?' } });
    const { id } = await arrived(deviceId, ADA, (m) => objectOf(m, 'poll')['question'] === 'Yours?');
    const vote = (options: string[], messageId: unknown = id) =>
      post(ADA, { type: 'vote', vote: { messageId, options } });
    for (const options of [['Later'], ['Now'], []]) {
      await reached(await idOf(vote(options)));
      const seen = (m: Json) => JSON.stringify(m['vote']) === JSON.stringify({ messageId: wa, options });
      expect(await onPhone(ADA, seen)).toMatchObject({ type: 'vote' });
      const chosen = POLL.options.map((option) => ({
        option,
        votes: options.includes(option) ? 1 : 0,
        voterIds: options.includes(option) ? [null] : [],
      }));
      await until(String(id), (m) => JSON.stringify(m['pollResults']) === JSON.stringify(chosen));
    }
    expect((await eventsOf('message.vote', String(id))).length).toBe(3);
    const plain = await sent(ADA, 'No poll');
    const cases: [ReturnType<typeof post>, number, string][] = [
      [vote(['Whenever']), 400, 'vote.options'],
      [vote(['Now', 'Later']), 400, 'vote.options'],
      [vote(['Now', 'Now']), 400, 'vote.options'],
      [vote(['Now'], plain), 409, 'vote.messageId'],
      [vote(['Now'], 'msg_01jd8k3v5q7w9x2y4z6a8b0c1d'), 404, 'vote.messageId'],
    ];
    for (const [asked, status, param] of cases) {
      const reply = await asked;
      expect([reply.status, errorOf(reply)['param']], reply.text).toEqual([status, param]);
    }
  });

  it('votes in a poll of a group, and every member sees it', async () => {
    const group = await expectOk(server.api.post('/v1/groups', { deviceId, subject: 'All', members: [ADA, BEN] }));
    const wa = await act(ADA, { to: group['whatsappId'], poll: { ...POLL, question: 'All of us?' } });
    const asks = (m: Json) => objectOf(m, 'poll')['question'] === 'All of us?';
    const list = `/v1/messages?direction=inbound&deviceId=${deviceId}&type=poll`;
    const { id } = rowsOf(await server.api.until(list, (body) => rowsOf(body).some(asks))).find(asks) ?? {};
    const vote = { messageId: id, options: ['Never'] };
    await reached(await idOf(post(String(group['id']), { type: 'vote', vote })));
    for (const phone of [ADA, BEN])
      expect(await onPhone(phone, (m) => objectOf(m, 'vote')['messageId'] === wa)).toMatchObject({
        type: 'vote',
        vote: { options: ['Never'] },
      });
  });

  it('a vote of a phone on its own poll reaches the poll it sent us', async () => {
    const wa = await act(ADA, { poll: { ...POLL, question: 'Mine?' } });
    const { id } = await arrived(deviceId, ADA, (m) => objectOf(m, 'poll')['question'] === 'Mine?');
    await act(ADA, { vote: { messageId: wa, options: ['Never'] } });
    const voted = await until(String(id), (m) => JSON.stringify(m['pollResults']).includes('"votes":1'));
    expect(voted['pollResults']).toMatchObject([{}, {}, { option: 'Never', votes: 1 }]);
  });
});

describe('edit, revoke, forward', () => {
  const patch = (id: string, body: string) => server.api.call('PATCH', `/v1/messages/${id}`, { text: { body } });
  const remove = (id: string) => server.api.call('DELETE', `/v1/messages/${id}`);

  it('an edit and a revoke reach the phone, change the message once WhatsApp has them, and can be followed', async () => {
    const id = await sent(ADA, 'Frist');
    const shown = await onPhone(ADA, says('Frist'));
    const edit = await patch(id, 'First');
    expect([edit.status, edit.headers.get('location')]).toEqual([202, `/v1/messages/${edit.body['id']}`]);
    expect(edit.body).toMatchObject({ type: 'edit', edit: { messageId: id, text: { body: 'First' } } });
    expect(await until(id, hasText('First'))).toMatchObject({ revokedAt: null });
    await reached(String(edit.body['id']));
    expect(await onPhone(ADA, (m) => m['type'] === 'edit')).toMatchObject({
      edit: { messageId: shown['id'], text: 'First' },
    });
    const revoke = await remove(id);
    expect(revoke.body).toMatchObject({ type: 'revoke', revoke: { messageId: id } });
    expect(await until(id, (m) => m['revokedAt'] !== null)).toMatchObject({ text: null });
    expect(await onPhone(ADA, (m) => m['type'] === 'revoke')).toMatchObject({ revoke: { messageId: shown['id'] } });
    expect((await timeline(id)).slice(-2)).toEqual(['edited', 'revoked']);
    for (const reply of [await patch(id, 'x'), await remove(id), await post(ADA, text('x', { replyTo: id }))])
      expect([reply.status, errorOf(reply)['code']]).toEqual([409, 'CONFLICT']);
    const listed = rowsOf(await expectOk(server.api.get(`/v1/messages?phone=${encodeURIComponent(ADA)}&limit=100`)));
    expect(listed.map((m) => m['type'])).not.toContain('edit');
    const edits = rowsOf(await expectOk(server.api.get('/v1/messages?type=edit')));
    expect(edits.map((m) => m['id'])).toContain(edit.body['id']);
  });

  it('what was not sent, is not ours or is no text cannot be edited', async () => {
    const away = String((await expectOk(server.api.post('/v1/devices', { label: 'Away', network: 'sandbox' })))['id']);
    const held = await idOf(post(ADA, text('Held', { deviceId: away, requireOnline: false })));
    await act(ADA, { text: 'Not yours' });
    const theirs = String((await arrived(deviceId, ADA, hasText('Not yours')))['id']);
    for (const id of [held, theirs]) {
      for (const reply of [await patch(id, 'x'), await remove(id)])
        expect([reply.status, errorOf(reply)['code']]).toEqual([409, 'CONFLICT']);
    }
    const poll = await idOf(post(ADA, { type: 'poll', poll: POLL }));
    await reached(poll);
    expect((await patch(poll, 'x')).status).toBe(409);
    expect((await remove('msg_01jd8k3v5q7w9x2y4z6a8b0c1d')).status).toBe(404);
  });

  it('forwards what was sent or received, marked so, in the same fields', async () => {
    await act(BEN, { location: { ...LOCATION, name: 'Forward me' } });
    const { id } = await arrived(deviceId, BEN, (m) => objectOf(m, 'location')['name'] === 'Forward me');
    const reply = await server.api.post(`/v1/messages/${id}/forward`, { to: ADA }, { 'idempotency-key': 'forward-1' });
    expect(reply.body).toMatchObject({ type: 'location', forwarded: true, phone: ADA, direction: 'outbound' });
    const again = await server.api.post(`/v1/messages/${id}/forward`, { to: ADA }, { 'idempotency-key': 'forward-1' });
    expect(again.body['id']).toBe(reply.body['id']);
    const shown = await onPhone(ADA, (m) => objectOf(m, 'location')['name'] === 'Forward me');
    expect(shown).toMatchObject({ forwarded: true, location: { ...LOCATION, name: 'Forward me' } });
  });

  it('an edit that WhatsApp refuses fails with its code and changes nothing', async () => {
    const id = await idOf(post('+999000000004', text('refused')));
    await until(id, (m) => m['status'] === 'failed');
    expect((await patch(id, 'x')).status).toBe(409);
    expect((await get(id))['text']).toEqual({ body: 'refused' });
  });
});
