// Every kind of content from one engine device to another and to a phone, and from a phone, its fields compared.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InboundChange, MessageAction, MessageContent, MessageRef, Outbound } from '../../src/engine/port.ts';
import { readCard, writeCard } from '../../src/platform/vcard.ts';
import { linked, type Stage, stage, text } from './kit.ts';

const [A, B, C] = ['+15550011', '+15550012', '+15550013'];

const KINDS: [string, MessageContent][] = [
  ['text', { type: 'text', text: { body: '😀👩‍👩‍👧 שלום عالم\n' } }],
  ['long text', { type: 'text', text: { body: 'ü'.repeat(65_536) } }],
  [
    'location',
    { type: 'location', location: { latitude: 52.520008, longitude: -13.404954, name: 'Gate', address: 'Platz' } },
  ],
  [
    'contact',
    {
      type: 'contacts',
      contacts: [{ name: 'Ada', phones: ['+15551234567'], organization: 'Engines', email: 'a@b.c' }],
    },
  ],
  [
    'contacts',
    {
      type: 'contacts',
      contacts: [{ name: 'Ada', phones: ['+15551234567'] }, readCard('BEGIN:VCARD\nFN:Bob\nNOTE:x\nEND:VCARD')],
    },
  ],
  ['poll', { type: 'poll', poll: { question: 'When?', options: ['Now', 'Later'], selectableCount: 1 } }],
  ['poll of many', { type: 'poll', poll: { question: 'What?', options: ['A', 'B', 'C'], selectableCount: 2 } }],
];

/** The same content as a person makes it on a phone. */
function onPhone(content: MessageContent) {
  switch (content.type) {
    case 'text':
      return { text: content.text.body };
    case 'location':
      return { location: content.location };
    case 'contacts':
      return { contacts: content.contacts.map((card) => ({ name: card.name, vcard: writeCard(card) })) };
    case 'poll':
      return { poll: content.poll };
    default:
      throw new Error(`no phone makes ${content.type}`);
  }
}

describe.each(['pn', 'lid'] as const)('content under %s addressing', (addressing) => {
  let scene: Stage;
  let group: string;

  beforeAll(async () => {
    scene = await stage({ addressing });
    await linked(scene, 'dev_a', A);
    await linked(scene, 'dev_b', B);
    scene.network.account(C);
    group = scene.network.group('Team', [A, B, C]).jid;
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  const phone = (number: string) => scene.network.account(number).phone;
  const made = (content: MessageContent | MessageAction, more: Partial<Outbound> = {}): Outbound => ({
    ...text(B, ''),
    content,
    ...more,
  });
  const toGroup = () => ({ to: { kind: 'group' as const, id: group.split('@')[0] ?? '' } });
  const arrived = (device: string, waId: string) =>
    scene.store.until(`${waId} at ${device}`, () => scene.store.inbound(device).find((one) => one.waId === waId));
  const changed = (device: string, waId: string): Promise<InboundChange> =>
    scene.store.until(`change ${waId} at ${device}`, () =>
      scene.store
        .records(device)
        .flatMap((one) => (one.kind === 'change' ? [one.change] : []))
        .find((one) => one.waId === waId),
    );
  const shown = (number: string, waId: string) => phone(number).expect((one) => one.id === waId);
  const refOf = (waId: string, fromMe: boolean, author = A): MessageRef => ({
    waId,
    fromMe,
    ...(fromMe ? {} : { author: { kind: 'person', phone: author } }),
  });

  it.each(KINDS)('%s reaches another device and a phone as it was sent', async (_name, content) => {
    const message = made(content);
    await scene.engine.send('dev_a', message);
    expect((await arrived('dev_b', message.waId)).content).toEqual(content);
    const wire = (await shown(B, message.waId)).message;
    const fromPhone = await phone(C).send(A, wire);
    expect((await arrived('dev_a', fromPhone)).content).toEqual(content);
  });

  it.each(KINDS)('%s from a phone arrives as it was made, also in a group', async (_name, content) => {
    for (const to of [A, group]) {
      const id = await phone(C).play(to, onPhone(content));
      const got = await arrived('dev_a', id);
      expect(got.content).toEqual(content);
      expect(got.sender).toMatchObject({ phone: C });
      expect(got.sealedSecret !== undefined).toBe(content.type === 'poll');
    }
  });

  it('what no client sends does no harm: a place that is none, ids beyond measure, an admin between two', async () => {
    const mine = made({ type: 'text', text: { body: 'mine' } }, { to: { kind: 'person', phone: C } });
    await scene.engine.send('dev_a', mine);
    await shown(C, mine.waId);
    const mallory = phone(C);
    const nowhere = { degreesLatitude: Number.NaN, degreesLongitude: Number.POSITIVE_INFINITY };
    const place = await mallory.send(A, { locationMessage: nowhere });
    const far = await mallory.send(A, { locationMessage: { degreesLatitude: 91, degreesLongitude: -1e300 } });
    const long = 'X'.repeat(5_000);
    const react = await mallory.send(A, { reactionMessage: { key: { id: long }, text: '👍' } });
    await mallory.send(A, { conversation: 'under a long id' }, { id: long });
    const key = { remoteJid: scene.network.account(A).jid, id: mine.waId, fromMe: false };
    const revoke = await mallory.send(A, { protocolMessage: { key, type: 0 } }, { edit: '8' });
    expect((await changed('dev_a', revoke)).change).toEqual({ type: 'revoke', byAdmin: false });
    const at = (latitude: number, longitude: number) => ({ type: 'location', location: { latitude, longitude } });
    expect((await arrived('dev_a', place)).content).toEqual(at(0, 0));
    expect((await arrived('dev_a', far)).content).toEqual(at(90, -180));
    const text = JSON.stringify(
      scene.store.records('dev_a').filter(({ kind }) => kind === 'inbound' || kind === 'change'),
    );
    expect([text.includes(react), text.includes(long)]).toEqual([false, false]);
  });

  it.each([479, 403])('a recipient that refuses any of them with %i is reported with that code', async (code) => {
    scene.network.account('+15550014');
    scene.network.faults.nackFor.set('15550014', code);
    const to = { kind: 'person', phone: '+15550014' } as const;
    for (const [, content] of KINDS) {
      const message = made(content, { to });
      await scene.engine.send('dev_a', message);
      const report = await scene.store.until(`refusal of ${message.waId}`, () =>
        scene.store.reports('dev_a').find((one) => one.waId === message.waId),
      );
      expect(report).toMatchObject({ status: 'failed', providerCode: String(code) });
    }
    scene.network.faults.nackFor.clear();
  });

  it('messages handed over at once leave in order, and none behind one that cannot be sent', async () => {
    const say = (body: string) => made({ type: 'text', text: { body } });
    const [first, second, last, after] = [say('1'), say('2'), say('4'), say('5')];
    const impossible = made({ type: 'unsupported', unsupported: { kind: 'orderMessage' } });
    const sending = scene.engine.send('dev_a', first, [second, impossible, last]);
    await expect(sending).rejects.toMatchObject({ reason: 'unsupported', retry: false, left: 2 });
    await scene.engine.send('dev_a', after);
    await arrived('dev_b', after.waId);
    const wanted = new Set([first, second, last, after].map(({ waId }) => waId));
    const came = scene.store.inbound('dev_b').filter(({ waId }) => wanted.has(waId));
    expect(came.map(({ waId }) => waId)).toEqual([first, second, after].map(({ waId }) => waId));
  });

  it('a reply, mentions and a forward reach a device, a phone and come from a phone', async () => {
    const first = made({ type: 'text', text: { body: 'first' } }, toGroup());
    await scene.engine.send('dev_a', first);
    await arrived('dev_b', first.waId);
    const quoted = {
      waId: first.waId,
      ref: refOf(first.waId, true),
      content: { type: 'text', text: { body: 'first' } } as const,
    };
    const lid = scene.network.account(C).lid.split('@')[0] ?? '';
    const mentions = [{ kind: 'person' as const, phone: C, lid }];
    const body = { type: 'text', text: { body: `@${C.slice(1)}` } } as const;
    const answer = made(body, { ...toGroup(), context: { quoted, mentions, forwarded: true } });
    await scene.engine.send('dev_a', answer);
    const got = await arrived('dev_b', answer.waId);
    expect(got.content).toEqual(body);
    expect(got.context).toMatchObject({ quoted: { waId: first.waId }, mentions: [{ phone: C }], forwarded: true });
    const info = (await shown(C, answer.waId)).message.extendedTextMessage?.contextInfo;
    const account = (number: string) => scene.network.account(number)[addressing === 'lid' ? 'lid' : 'jid'];
    expect(info).toMatchObject({
      stanzaId: first.waId,
      participant: account(A),
      mentionedJid: [account(C)],
      isForwarded: true,
    });
    expect(info?.quotedMessage?.conversation).toBe('first');
    const id = await phone(C).play(group, { text: 'all', replyTo: first.waId, mentions: 'everyone' });
    expect((await arrived('dev_a', id)).context).toEqual({ quoted: { waId: first.waId }, mentions: 'everyone' });
    const some = await phone(C).play(group, { text: 'you', mentions: [B] });
    expect((await arrived('dev_a', some)).context?.mentions).toMatchObject([{ phone: B }]);
  });

  it.each(['person', 'group'] as const)(
    'reactions, edits and revokes to a %s change the message they name',
    async (kind) => {
      const to = kind === 'group' ? toGroup() : {};
      const chat = kind === 'group' ? group : A;
      const first = made({ type: 'text', text: { body: 'tpyo' } }, to);
      await scene.engine.send('dev_a', first);
      await arrived('dev_b', first.waId);
      const own = { ...to, target: refOf(first.waId, true) };
      const edit = made({ type: 'edit', edit: { messageId: 'msg_1', text: { body: 'typo' } } }, own);
      await scene.engine.send('dev_a', edit);
      const content = { type: 'text', text: { body: 'typo' } };
      expect(await changed('dev_b', edit.waId)).toMatchObject({
        targetWaId: first.waId,
        change: { type: 'edit', content },
      });
      expect((await shown(B, edit.waId)).message.protocolMessage?.editedMessage?.conversation).toBe('typo');
      const back = made(
        { type: 'reaction', reaction: { messageId: 'msg_1', emoji: '👍' } },
        { ...(kind === 'group' ? toGroup() : { to: { kind: 'person', phone: A } }), target: refOf(first.waId, false) },
      );
      await scene.engine.send('dev_b', back);
      expect(await changed('dev_a', back.waId)).toMatchObject({
        targetWaId: first.waId,
        sender: { phone: B },
        change: { type: 'reaction', emoji: '👍' },
      });
      const reacted = await phone(B).play(chat, { reaction: { messageId: first.waId, emoji: '' } });
      expect((await changed('dev_a', reacted)).change).toEqual({ type: 'reaction', emoji: '' });
      const revoke = made({ type: 'revoke', revoke: { messageId: 'msg_1' } }, own);
      await scene.engine.send('dev_a', revoke);
      expect((await changed('dev_b', revoke.waId)).change).toEqual({ type: 'revoke', byAdmin: false });
      expect((await shown(B, revoke.waId)).message.protocolMessage?.key?.id).toBe(first.waId);
    },
  );

  it.each(['person', 'group'] as const)(
    'edits, revokes and votes of a phone to a %s arrive as changes',
    async (kind) => {
      const chat = kind === 'group' ? group : A;
      const first = await phone(C).play(chat, { text: 'tpyo' });
      const edit = await phone(C).play(chat, { edit: { messageId: first, text: 'typo' } });
      const content = { type: 'text', text: { body: 'typo' } };
      expect(await changed('dev_a', edit)).toMatchObject({
        targetWaId: first,
        sender: { phone: C },
        change: { content },
      });
      const revoke = await phone(C).play(chat, { revoke: { messageId: first } });
      expect((await changed('dev_a', revoke)).change).toEqual({ type: 'revoke', byAdmin: false });
      const poll = made(
        { type: 'poll', poll: { question: 'When?', options: ['Now', 'Later'], selectableCount: 1 } },
        kind === 'group' ? toGroup() : { to: { kind: 'person', phone: C } },
      );
      await scene.engine.send('dev_a', poll);
      await shown(C, poll.waId);
      const vote = await phone(C).play(chat, { vote: { messageId: poll.waId, options: ['Later'] } });
      expect(await changed('dev_a', vote)).toMatchObject({ targetWaId: poll.waId, change: { type: 'vote' } });
    },
  );
});
