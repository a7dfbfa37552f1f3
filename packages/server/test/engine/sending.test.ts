// Traps of the engine library met here: 2 (send resolves before the ack: reports come from the acks themselves), 4 and 5
// (devices and keys of phone-number contacts, kept over reconnects), 8 (retry receipts are answered from the store),
// 9 (463 is reported and never sent again).
import type { Node } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outbound } from '../../src/engine/port.ts';
import { linked, type Stage, stage, text } from './kit.ts';

describe.each(['pn', 'lid'] as const)('sending under %s addressing', (addressing) => {
  let scene: Stage;
  let wire: Node[];

  beforeAll(async () => {
    scene = await stage({ addressing });
    wire = [];
    scene.network.on('node', (_connection, node) => wire.push(node));
    await linked(scene, 'dev_a', '+15550001');
    scene.network.account('+15550002');
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  const phone = (number: string) => scene.network.account(number).phone;
  const send = (message: Outbound) => {
    scene.store.sent.set(message.waId, message);
    return scene.engine.send('dev_a', message);
  };
  /** A retry receipt, as it comes from who could not open a message. */
  const askAgain = (waId: string, from: string): void => {
    const connection = scene.network.connections('15550001').find(({ device }) => device);
    const retry: Node = { tag: 'retry', attrs: { count: '1', id: waId, t: '1', v: '1' } };
    connection?.send({ tag: 'receipt', attrs: { id: waId, from, type: 'retry', t: '1' }, content: [retry] });
  };
  const report = (waId: string, status: string) =>
    scene.store.until(`${status} of ${waId}`, () =>
      scene.store.reports('dev_a').find((one) => one.waId === waId && one.status === status),
    );

  it('keeps the order within each of several chats sent to at once', async () => {
    const chats = ['+15550002', '+15550003', '+15550004', '+15550005'];
    for (const chat of chats) scene.network.account(chat);
    const bodies = Array.from({ length: 15 }, (_, i) => `n${i}`);
    await Promise.all(bodies.flatMap((body) => chats.map((chat) => send(text(chat, body)))));
    for (const chat of chats) {
      await phone(chat).expect((one) => one.text === 'n14');
      const got = phone(chat).inbox.entries();
      expect(got.map((one) => one.text)).toEqual(bodies);
      expect(got.every(({ duplicates }) => duplicates === 0)).toBe(true);
    }
  });

  it("shows what was sent on the account's own phone", async () => {
    await send(text('+15550002', 'own copy'));
    const copy = await phone('+15550001').expect((one) => one.text === 'own copy');
    expect(copy.own).toBe(true);
  });

  it('says that a number is not on WhatsApp instead of sending to itself', async () => {
    const message = text('+15559999999', 'nobody');
    await expect(send(message)).rejects.toMatchObject({ reason: 'not_on_whatsapp', retry: false });
    expect(wire.filter(({ tag, attrs }) => tag === 'message' && attrs.id === message.waId)).toEqual([]);
  });

  it('reports a nack with its code once and does not send again', async () => {
    scene.network.account('+15550463');
    scene.network.faults.nack = 463;
    const message = text('+15550463', 'restricted');
    await send(message);
    expect(await report(message.waId, 'failed')).toMatchObject({ providerCode: '463' });
    scene.network.faults.nack = undefined;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(wire.filter(({ tag, attrs }) => tag === 'message' && attrs.id === message.waId)).toHaveLength(1);
  });

  it('asks for the devices of a contact once, also across reconnects', async () => {
    await send(text('+15550002', 'known'));
    const from = scene.store.facts('dev_a').length;
    scene.network.kick('15550001');
    await scene.store.fact('dev_a', 'open', from);
    wire.length = 0;
    await send(text('+15550002', 'still known'));
    await phone('+15550002').expect((one) => one.text === 'still known');
    const lookups = wire.filter(
      ({ tag, attrs }) => tag === 'iq' && (attrs.xmlns === 'usync' || attrs.xmlns === 'encrypt'),
    );
    expect(lookups.filter((one) => JSON.stringify(one).includes('15550002'))).toEqual([]);
  });

  it('answers a retry receipt from the store, under the same id', async () => {
    await send(text('+15550002', 'before'));
    const message = text('+15550002', 'again please');
    await send(message);
    await phone('+15550002').expect((one) => one.id === message.waId);
    const bob = scene.network.account('+15550002');
    const sendings = () => wire.filter(({ tag, attrs }) => tag === 'message' && attrs.id === message.waId).length;
    const before = sendings();
    askAgain(message.waId, addressing === 'lid' ? bob.lid : bob.jid);
    await expect.poll(sendings, { timeout: 20_000 }).toBe(before + 1);
    await expect
      .poll(
        () =>
          phone('+15550002')
            .inbox.entries()
            .find(({ id }) => id === message.waId)?.duplicates,
        {
          timeout: 20_000,
        },
      )
      .toBe(1);
  });

  it('gives a message again to the chat it went to, and to nobody else who names its id', async () => {
    const eve = scene.network.account('+15550013');
    await send(text('+15550013', 'hello Eve'));
    await phone('+15550013').expect((one) => one.text === 'hello Eve');
    const secret = text('+15550002', 'for Bob alone');
    await send(secret);
    await phone('+15550002').expect((one) => one.id === secret.waId);
    const connection = scene.network.connections('15550001').find(({ device }) => device);
    const acked = connection?.waitFor(({ attrs: { id, type } }) => id === secret.waId && type === 'retry', 20_000);
    const asked = scene.store.askers.length;
    askAgain(secret.waId, addressing === 'lid' ? eve.lid : eve.jid);
    // It is acknowledged when it is dealt with.
    await acked;
    expect(scene.store.askers.slice(asked)).toMatchObject([{ kind: 'person', phone: '+15550013' }]);
    expect(wire.filter(({ tag, attrs }) => tag === 'message' && attrs.id === secret.waId)).toHaveLength(1);
    expect(phone('+15550013').inbox.find(({ id }) => id === secret.waId)).toBeUndefined();
  });

  it('sends to a group and hears of each member', async () => {
    const group = scene.network.group('Team', ['+15550001', '+15550002', '+15550003']);
    const id = group.jid.split('@')[0] ?? '';
    const message: Outbound = { ...text('+1', 'to all'), to: { kind: 'group', id } };
    await send(message);
    for (const number of ['+15550002', '+15550003']) await phone(number).expect((one) => one.text === 'to all');
    const members = await scene.store.until('both receipts', () => {
      const all = scene.store.reports('dev_a').filter((one) => one.waId === message.waId && one.status === 'delivered');
      return all.length >= 2 && all;
    });
    expect(members.every(({ participant }) => participant?.kind === 'person')).toBe(true);
    await send({ ...text('+1', 'and again'), to: { kind: 'group', id } });
    await phone('+15550002').expect((one) => one.text === 'and again');
  });

  it('gives the members of a group its key again with a message that is sent again', async () => {
    const group = scene.network.group('Lossy', ['+15550001', '+15550002', '+15550003']);
    const to = { kind: 'group', id: group.jid.split('@')[0] ?? '' } as const;
    const message: Outbound = { ...text('+1', 'the second try'), to };
    // The first try reaches nobody, and the key that it brings is noted as given all the same.
    scene.network.accountFaults('+15550001', { nack: 500 });
    await send(message);
    await report(message.waId, 'failed');
    scene.network.accountFaults('+15550001');
    const from = scene.store.facts('dev_a').length;
    scene.network.kick('15550001');
    await scene.store.fact('dev_a', 'open', from);
    const before = scene.network.stats.decryptFailures;
    await send({ ...message, again: true });
    for (const number of ['+15550002', '+15550003']) await phone(number).expect((one) => one.id === message.waId);
    const next: Outbound = { ...text('+1', 'and another'), to };
    await send(next);
    await phone('+15550002').expect((one) => one.id === next.waId);
    expect(scene.network.stats.decryptFailures).toBe(before);
    const encryptions = ({ waId }: Outbound) =>
      wire
        .filter(({ tag, attrs }) => tag === 'message' && attrs.id === waId)
        .map(({ content }) => JSON.stringify(content));
    const bringsKey = (sending: string | undefined) => sending?.includes('participants') ?? false;
    expect(encryptions(message).map(bringsKey)).toEqual([true, true]);
    expect(encryptions(next).map(bringsKey)).toEqual([false]);
  });

  it('refuses for good, with WhatsApp’s code, what goes to a group that is gone or that the account is not in', async () => {
    const others = scene.network.group('Without us', ['+15550002', '+15550003']);
    for (const [jid, providerCode] of [
      ['120363000000000404@g.us', '404'],
      [others.jid, '403'],
    ] as const) {
      const message: Outbound = { ...text('+1', 'anybody?'), to: { kind: 'group', id: jid.split('@')[0] ?? '' } };
      const error = { reason: 'refused', retry: false, providerCode, message: 'the account is not in this group' };
      await expect(send(message)).rejects.toMatchObject(error);
    }
  });

  it('receives from a group with its sender, and a copy of what the own phone sent', async () => {
    const group = scene.network.group('Other', ['+15550002', '+15550001']);
    const from = await phone('+15550002').sendText(group.jid, 'hello group');
    const got = await scene.store.until('the group text', () =>
      scene.store.inbound('dev_a').find(({ waId }) => waId === from),
    );
    expect(got).toMatchObject({
      chat: { kind: 'group', id: group.jid.split('@')[0] },
      sender: { kind: 'person', phone: '+15550002' },
      content: { text: { body: 'hello group' } },
    });
    const own = await phone('+15550001').sendText('15550002', 'from my phone');
    const copy = await scene.store.until('the copy', () =>
      scene.store.inbound('dev_a').find(({ waId }) => waId === own),
    );
    expect(copy).toMatchObject({ fromMe: true, chat: { phone: '+15550002' }, sender: { phone: '+15550001' } });
  });

  it('two sessions write to each other in both directions at once', async () => {
    await linked(scene, 'dev_b', '+15550006');
    const count = 20;
    const one = Array.from({ length: count }, (_, i) => text('+15550006', `ab ${i}`));
    const two = Array.from({ length: count }, (_, i) => text('+15550001', `ba ${i}`));
    await Promise.all([
      ...one.map((message) => scene.engine.send('dev_a', message)),
      ...two.map((message) => scene.engine.send('dev_b', message)),
    ]);
    const bodies = (device: string, prefix: string) =>
      scene.store
        .inbound(device)
        .flatMap(({ content }) => (content.type === 'text' ? [content.text.body] : []))
        .filter((body) => body.startsWith(prefix));
    await scene.store.until('all of b', () => bodies('dev_b', 'ab ').length === count);
    await scene.store.until('all of a', () => bodies('dev_a', 'ba ').length === count);
    for (const device of ['dev_a', 'dev_b'])
      expect(scene.store.records(device).filter(({ kind }) => kind === 'undecryptable')).toEqual([]);
  });
});
