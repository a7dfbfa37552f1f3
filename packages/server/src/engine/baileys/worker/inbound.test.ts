import { type BinaryNode, proto } from 'baileys';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../port.ts';
import { linkedAccount, toJid } from './address.ts';
import { EMPTY_PADDED, readPayload, unpad } from './content.ts';
import { inboundOf, parties } from './envelope.ts';
import { offeredPreKeys } from './prekeys.ts';
import { ownReadOf, reportOfAck, reportsOfReceipt } from './reports.ts';

const ME = { id: '15550001:3@s.whatsapp.net', lid: '9001:3@lid' };
const node = (tag: string, attrs: BinaryNode['attrs'], content?: BinaryNode[]): BinaryNode => ({
  tag,
  attrs,
  ...(content ? { content } : {}),
});
const message = (attrs: BinaryNode['attrs']) => node('message', { id: 'A', t: '1700000000', ...attrs });
const nobody = async () => undefined;
const payload = (fields: proto.IMessage) =>
  readPayload(proto.Message.encode(proto.Message.fromObject(fields)).finish());

describe('payloads', () => {
  it('reads text in both its forms and through every wrapper', () => {
    const text = { type: 'text', text: { body: 'hi' } };
    expect(payload({ conversation: 'hi' }).content).toEqual(text);
    expect(payload({ extendedTextMessage: { text: 'hi' } }).content).toEqual(text);
    expect(
      payload({ ephemeralMessage: { message: { viewOnceMessage: { message: { conversation: 'hi' } } } } }).content,
    ).toEqual(text);
    const copy = payload({
      deviceSentMessage: { destinationJid: '7@s.whatsapp.net', message: { conversation: 'hi' } },
    });
    expect(copy).toEqual({ content: text, destinationJid: '7@s.whatsapp.net' });
  });

  it('names a kind it does not model, and keeps silent about keys and protocol messages', () => {
    expect(payload({ orderMessage: { orderId: '1' } }).content).toEqual({
      type: 'unsupported',
      unsupported: { kind: 'orderMessage' },
    });
    expect(payload({ protocolMessage: { type: 3 } }).content).toBeNull();
    const keys = payload({ senderKeyDistributionMessage: { groupId: 'g' }, messageContextInfo: {} });
    expect(keys.content).toBeNull();
    expect(keys.senderKey?.groupId).toBe('g');
  });

  it('undoes padding and refuses a wrong one', () => {
    expect(unpad(Uint8Array.of(7, 8, 2, 2))).toEqual(Uint8Array.of(7, 8));
    expect(unpad(EMPTY_PADDED)).toHaveLength(0);
    expect(() => unpad(Uint8Array.of(9))).toThrow('padding');
    expect(() => unpad(new Uint8Array(0))).toThrow('padding');
  });
});

describe('who a message is from', () => {
  const bob: Address = { kind: 'person', phone: '+15550002', lid: '9002' };
  const me: Address = { kind: 'person', phone: '+15550001', lid: '9001' };

  it.each([
    [{ from: '15550002:4@s.whatsapp.net', sender_lid: '9002@lid' }],
    [{ from: '9002:4@lid', sender_pn: '15550002@s.whatsapp.net' }],
  ])('knows a person under both names (%o)', async (attrs) => {
    expect(await parties(message(attrs), ME, nobody)).toEqual({ chat: bob, sender: bob, fromMe: false });
  });

  it('asks the stored mapping for the other name', async () => {
    const other = async (jid: string) => (jid.startsWith('9002') ? '15550002@s.whatsapp.net' : undefined);
    expect(await parties(message({ from: '9002@lid' }), ME, other)).toMatchObject({ sender: bob });
    expect(await parties(message({ from: '15550002@s.whatsapp.net' }), ME, nobody)).toMatchObject({
      sender: { kind: 'person', phone: '+15550002' },
    });
  });

  it("puts a copy of the account's own message into the chat it went to", async () => {
    const attrs = { from: '15550001@s.whatsapp.net', recipient: '15550002@s.whatsapp.net', recipient_lid: '9002@lid' };
    expect(await parties(message(attrs), ME, nobody)).toEqual({ chat: bob, sender: me, fromMe: true });
    const bare = message({ from: '9001@lid' });
    expect(await parties(bare, ME, nobody, '15550002@s.whatsapp.net')).toMatchObject({ fromMe: true });
    expect(await parties(bare, ME, nobody)).toBeUndefined();
  });

  it('tells group, status and broadcast-list messages apart', async () => {
    const participant = { participant: '9002:1@lid', participant_pn: '15550002@s.whatsapp.net' };
    const group = await parties(message({ from: '120363@g.us', ...participant }), ME, nobody);
    expect(group).toEqual({ chat: { kind: 'group', id: '120363' }, sender: bob, fromMe: false });
    expect(await parties(message({ from: 'status@broadcast', ...participant }), ME, nobody)).toMatchObject({
      chat: { kind: 'status' },
    });
    expect(await parties(message({ from: '17@broadcast', ...participant }), ME, nobody)).toMatchObject({ chat: bob });
    expect(await parties(message({ from: '1@newsletter' }), ME, nobody)).toBeUndefined();
  });

  it('keeps the time, the shown name and the offline mark', () => {
    const who = { chat: bob, sender: bob, fromMe: false };
    const content = { type: 'text' as const, text: { body: 'x' } };
    expect(inboundOf(message({ notify: 'Bob', offline: '0' }), who, { content })).toMatchObject({
      waId: 'A',
      pushName: 'Bob',
      sentAt: 1_700_000_000_000,
      offline: true,
    });
  });

  it('keeps the style of a status update, and of nothing else', () => {
    const content = { type: 'text' as const, text: { body: 'x' } };
    const style = { background: '#128c7e' };
    const said = { content, style };
    const status = { chat: { kind: 'status' as const }, sender: bob, fromMe: false };
    expect(inboundOf(message({}), status, said).style).toEqual(style);
    expect(inboundOf(message({}), { chat: bob, sender: bob, fromMe: false }, said).style).toBeUndefined();
  });
});

describe('addresses', () => {
  it('sends to the phone number, and to the LID only when that is all there is', () => {
    expect(toJid({ kind: 'person', phone: '+15550002', lid: '9002' })).toBe('15550002@s.whatsapp.net');
    expect(toJid({ kind: 'person', lid: '9002' })).toBe('9002@lid');
    expect(toJid({ kind: 'group', id: '1-2' })).toBe('1-2@g.us');
    expect(toJid({ kind: 'person' })).toBeUndefined();
  });

  it('reads the account out of the login', () => {
    expect(linkedAccount({ ...ME, name: 'Shop' })).toEqual({
      phone: '+15550001',
      lid: '9001',
      name: 'Shop',
      companion: 3,
    });
    expect(linkedAccount({ id: ME.id, name: '~' })).toEqual({ phone: '+15550001', companion: 3 });
  });
});

describe('reports', () => {
  it("reads the server's ack and nack", () => {
    expect(reportOfAck(node('ack', { id: 'A', t: '1700000000' }))).toEqual({
      waId: 'A',
      status: 'sent',
      at: 1_700_000_000_999,
    });
    expect(reportOfAck(node('ack', { id: 'A', error: '463' }))).toMatchObject({
      status: 'failed',
      providerCode: '463',
    });
    expect(reportOfAck(node('ack', {}))).toBeUndefined();
  });

  it('takes our own milliseconds within the second WhatsApp tells', () => {
    const second = Math.floor(Date.now() / 1000);
    const at = reportOfAck(node('ack', { id: 'A', t: String(second) }))?.at ?? 0;
    expect(at - second * 1000).toBeGreaterThanOrEqual(0);
    expect(at).toBeLessThanOrEqual(Date.now());
    expect(reportOfAck(node('ack', { id: 'A', t: String(second + 60) }))?.at).toBe((second + 60) * 1000);
  });

  it.each([
    [undefined, 'delivered'],
    ['inactive', 'delivered'],
    ['read', 'read'],
    ['played', 'played'],
  ])('reads a receipt of type %s as %s, for every id it names', (type, status) => {
    const items = [node('list', {}, [node('item', { id: 'B' }), node('item', { id: 'C' })])];
    const attrs = { id: 'A', from: '15550002@s.whatsapp.net', t: '1700000000', ...(type ? { type } : {}) };
    const participant = { kind: 'person', phone: '+15550002' };
    expect(reportsOfReceipt(node('receipt', attrs, items), ME)).toEqual(
      ['A', 'B', 'C'].map((waId) => ({ waId, status, at: 1_700_000_000_999, participant })),
    );
  });

  it('ignores receipts of our own devices and kinds that are no delivery', () => {
    const receipt = (attrs: BinaryNode['attrs']) => reportsOfReceipt(node('receipt', { id: 'A', ...attrs }), ME);
    expect(receipt({ from: '15550001@s.whatsapp.net', recipient: '15550002@s.whatsapp.net', type: 'read' })).toEqual(
      [],
    );
    expect(receipt({ from: '1@g.us', participant: '9001:2@lid' })).toEqual([]);
    for (const type of ['retry', 'read-self', 'sender', 'hist_sync', 'peer_msg'])
      expect(receipt({ from: '15550002@s.whatsapp.net', type })).toEqual([]);
  });

  it('reads a receipt of many members of a group', () => {
    const users = [
      node('user', { jid: '15550002@s.whatsapp.net', t: '1700000000' }),
      node('user', { jid: ME.id, t: '1' }),
    ];
    const receipt = node('receipt', { id: 'A', from: '1@g.us', type: 'read' }, [
      node('participants', { key: 'B' }, users),
    ]);
    expect(reportsOfReceipt(receipt, ME)).toMatchObject([
      { waId: 'B', status: 'read', participant: { phone: '+15550002' }, toMany: true },
    ]);
  });

  it('reads who saw a status update', () => {
    const attrs = {
      id: 'A',
      from: 'status@broadcast',
      participant: '9002@lid',
      participant_pn: '15550002@s.whatsapp.net',
    };
    expect(reportsOfReceipt(node('receipt', { ...attrs, type: 'read' }), ME)).toMatchObject([
      { waId: 'A', status: 'read', participant: { phone: '+15550002', lid: '9002' }, toMany: true },
    ]);
  });

  it('reads what the account read on its phone', () => {
    const items = [node('list', {}, [node('item', { id: 'B' })])];
    const attrs = { id: 'A', from: ME.id, recipient: '15550002@s.whatsapp.net', type: 'read' };
    const chat = { kind: 'person', phone: '+15550002' };
    expect(ownReadOf(node('receipt', attrs, items), ME)).toEqual({ chat, waIds: ['A', 'B'] });
    const inGroup = { id: 'A', from: '9001@lid', recipient: '1@g.us', type: 'read-self' };
    expect(ownReadOf(node('receipt', inGroup), ME)).toEqual({ chat: { kind: 'group', id: '1' }, waIds: ['A'] });
    const others = { id: 'A', from: '15550002@s.whatsapp.net', type: 'read' };
    expect(ownReadOf(node('receipt', others), ME)).toBeUndefined();
    expect(ownReadOf(node('receipt', { ...attrs, type: 'sender' }), ME)).toBeUndefined();
  });
});

it('reads which prekeys the server still offers', () => {
  const id = (...content: number[]): BinaryNode => ({ tag: 'id', attrs: {}, content: Uint8Array.from(content) });
  const digest = node('digest', {}, [node('list', {}, [id(0, 1, 4), id(0, 0, 9)])]);
  expect(offeredPreKeys(node('iq', { type: 'result' }, [digest]))).toEqual([260, 9]);
  expect(offeredPreKeys(node('iq', { type: 'result' }, [node('count', {})]))).toBeUndefined();
  expect(offeredPreKeys(node('message', {}))).toBeUndefined();
});
