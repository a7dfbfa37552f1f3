import { ControlClient, type Network, startNetwork } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from './kit/client.ts';

const ALICE = '15554000001';
const BOB = '15554000002';

describe('the control plane', () => {
  let network: Network;
  let control: ControlClient;
  let alice: TestClient;

  beforeAll(async () => {
    network = await startNetwork({ seed: 'control', controlToken: 'sesame' });
    control = new ControlClient(network);
    alice = new TestClient(network);
    await control.call('accounts.create', { number: `+${ALICE}`, name: 'Alice' });
    await control.call('accounts.create', { number: BOB, name: 'Bob', auto: { read: true } });
    await alice.start();
    await control.call('phones.scan', { number: ALICE, qr: await alice.qr() });
    await alice.opened(1);
  });

  afterAll(async () => {
    await alice.stop();
    await network.close();
  });

  const post = (path: string, init: RequestInit = {}) =>
    fetch(`${network.controlUrl}/${path}`, { method: 'POST', headers: { authorization: 'Bearer sesame' }, ...init });

  it.each(['', 'Bearer', 'Bearer wrong', 'Basic sesame', 'sesame'])(
    'refuses the authorization "%s"',
    async (authorization) => {
      const response = await post('accounts.list', { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(JSON.stringify(await response.json())).not.toContain('sesame');
    },
  );

  it.each([
    ['an unknown operation', 'accounts.destroy', {}, 404],
    ['a property every object has', 'constructor', {}, 404],
    ['another method', 'info', { method: 'PUT' }, 405],
    ['a body that is not JSON', 'info', { body: '{' }, 400],
    ['an unknown field', 'info', { body: '{"extra":1}' }, 400],
    ['a missing field', 'phones.read', { body: '{}' }, 400],
    ['a phone that does not exist', 'phones.inbox', { body: '{"number":"15559990000"}' }, 404],
  ] as const)('answers %s with an error', async (_what, path, init, status) => {
    const response = await post(path, { ...init });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
  });

  it('is nowhere but under its own path', async () => {
    expect((await fetch(`http://127.0.0.1:${network.port}/`)).status).toBe(404);
  });

  it('shows accounts with their devices, and no keys', async () => {
    const { accounts } = await control.call('accounts.list', {});
    const found = accounts.find((account) => account.number === `+${ALICE}`);
    expect(found).toMatchObject({ name: 'Alice', online: true, devices: [{ id: 1, connected: true }] });
    expect(JSON.stringify(accounts)).not.toMatch(/private|identity|secret/i);
  });

  it('sends, waits, reads the inbox and marks messages read', async () => {
    const { id } = await control.call('phones.send', { number: BOB, to: ALICE, text: 'from the control plane' });
    await alice.text('from the control plane');
    const { key } = await alice.send(`${BOB}@s.whatsapp.net`, { text: 'to the control plane' });
    const entry = await control.call('phones.expect', { number: BOB, text: 'to the control plane', from: ALICE });
    expect(entry).toMatchObject({ id: key.id, chat: `${ALICE}@s.whatsapp.net`, own: false, duplicates: 0 });
    const { messages } = await control.call('phones.inbox', { number: BOB, own: false });
    expect(messages.map((message) => message.id)).toEqual([key.id]);
    await control.call('phones.read', { number: ALICE, id });
    const { receipts } = await control.call('phones.receipts', { number: BOB, id });
    expect(receipts.map(({ type }) => type)).toContain('read');
  });

  it('sends any protocol message given as JSON', async () => {
    const message = { locationMessage: { degreesLatitude: 1, degreesLongitude: 2, name: 'Here' } };
    await control.call('phones.send', { number: BOB, to: ALICE, message });
    await alice.until(() => alice.messages().find((item) => item.message?.locationMessage?.name === 'Here'));
  });

  it('says so when no such message comes in time', async () => {
    const waiting = control.call('phones.expect', { number: BOB, text: 'never', timeoutMs: 20 });
    await expect(waiting).rejects.toMatchObject({ status: 408, code: 'TIMEOUT' });
  });

  it('refuses what an offline phone cannot do', async () => {
    await control.call('phones.online', { number: BOB, online: false });
    const sending = control.call('phones.send', { number: BOB, to: ALICE, text: 'no signal' });
    await expect(sending).rejects.toMatchObject({ status: 409, code: 'PHONE_OFFLINE' });
    await control.call('phones.online', { number: BOB, online: true });
  });

  it('sets, shows and clears faults', async () => {
    const set = await control.call('faults.set', {
      nack: 463,
      nackFor: { [BOB]: 479 },
      muteIq: ['usync'],
      ackDelayMs: 5,
    });
    expect(set).toMatchObject({ nack: 463, nackFor: { [BOB]: 479 }, muteIq: ['usync'], ackDelayMs: 5 });
    expect(network.faults.nack).toBe(463);
    expect(await control.call('faults.set', { nack: null })).toMatchObject({ nack: null, ackDelayMs: 5 });
    expect(await control.call('faults.clear', {})).toMatchObject({
      nack: null,
      nackFor: {},
      muteIq: [],
      ackDelayMs: 0,
    });
  });

  it('makes groups, cuts connections and gives figures', async () => {
    const { jid } = await control.call('groups.create', { subject: 'Team', members: [ALICE, BOB] });
    await control.call('phones.send', { number: BOB, to: jid, text: 'in the group' });
    await alice.text('in the group');
    expect(await control.call('connections.kick', { number: ALICE })).toEqual({ connections: 1 });
    await alice.until(() => alice.closes.length > 1 || undefined);
    const stats = await control.call('stats', {});
    expect(stats).toMatchObject({ pairings: 1, accounts: 2, duplicateDeliveries: 0 });
    expect(stats.rss).toBeGreaterThan(0);
  });

  it('unlinks a device', async () => {
    await control.call('phones.unlink', { number: ALICE, device: 1 });
    expect((await control.call('accounts.get', { number: ALICE })).devices).toEqual([]);
  });
});
