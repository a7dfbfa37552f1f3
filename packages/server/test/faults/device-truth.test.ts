// What a device says of itself is what is true of it: each fault through the API, on the simulated network.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { Scene } from './kit/scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

async function linked(): Promise<{ deviceId: string; phone: string }> {
  const [deviceId, phone] = [await scene.newDevice(), await scene.newPhone()];
  await scene.link(deviceId, phone);
  return { deviceId, phone };
}

async function send(deviceId: string, to: string, text: string): Promise<string> {
  const body = { deviceId, to, type: 'text', text: { body: text } };
  return String((await expectOk(scene.api.post('/v1/messages', body)))['id']);
}

const write = (from: string, to: string, text: string) =>
  expectOk(scene.api.post(`/v1/sandbox/phones/${from}/messages`, { to, text }));

const reaches = (id: string, ...statuses: string[]): Promise<Json> =>
  scene.api.until(`/v1/messages/${id}`, (body) => statuses.includes(String(body['status'])), 120_000);

const GONE = ['sent', 'delivered', 'read'];

const received = async (deviceId: string, text: string): Promise<Json> => {
  const path = `/v1/messages?deviceId=${deviceId}&direction=inbound`;
  const has = (row: Json) => objectOf(row, 'text')['body'] === text;
  const body = await scene.api.until(path, (one) => rowsOf(one).some(has), 120_000);
  return rowsOf(body).find(has) ?? {};
};

/**
 * Times in which nothing could come, as events tell of them: type, status and messages. Of one reason: a busy machine may
 * answer a ping too late.
 */
const gaps = async (deviceId: string, reason: string) =>
  (await scene.events(deviceId, 'gap.detected,gap.recovered')).flatMap((event) => {
    const gap = objectOf(event, 'gap');
    return gap['reason'] === reason ? [[event['type'], gap['status'], gap['messagesRecovered']]] : [];
  });

it('says that an account needs a passkey, and links once it does not', async () => {
  const [deviceId, phone] = [await scene.newDevice(), await scene.newPhone()];
  await scene.setFaults(phone, { passkey: true });
  const scanned = await scene.scan(phone, await scene.beginLink(deviceId));
  expect([scanned.status, errorOf(scanned)['code']]).toEqual([409, 'CONFLICT']);
  expect(await scene.state(deviceId, 'unlinked')).toMatchObject({ stateReason: 'passkey_required' });
  const failed = await scene.events(deviceId, 'device.link_failed');
  expect(failed).toMatchObject([{ previousState: 'linking', device: { stateReason: 'passkey_required' } }]);
  await scene.setFaults(phone);
  await scene.link(deviceId, phone);
});

describe('an account that may open no new chats', () => {
  it('holds them until then, writes on in the others, and is free by itself', async () => {
    const { deviceId, phone } = await linked();
    const [known, first, second] = [await scene.newPhone(), await scene.newPhone(), await scene.newPhone()];
    await write(known, phone, 'I write first');
    await received(deviceId, 'I write first');
    const { reachOutLockUntil } = await scene.setFaults(phone, { reachOutLockSeconds: 12 });

    const refused = await reaches(await send(deviceId, first, 'refused'), 'failed');
    expect(refused['error']).toMatchObject({ code: 'RECIPIENT_REACH_LIMITED', providerCode: '463', retryable: false });
    const device = await scene.state(deviceId, 'restricted');
    expect(device['stateReason']).toBe('reach_out_locked');
    const until = Date.parse(String(device['restrictedUntil']));
    expect(until - Date.parse(String(reachOutLockUntil))).toBeGreaterThanOrEqual(0);
    expect(until - Date.parse(String(reachOutLockUntil))).toBeLessThan(1_000);

    const waiting = await send(deviceId, second, 'waits');
    expect(await reaches(waiting, 'held')).toMatchObject({
      heldReason: 'restricted',
      nextAttemptAt: device['restrictedUntil'],
    });
    await reaches(await send(deviceId, known, 'goes on'), ...GONE);
    expect((await scene.api.get(`/v1/devices/${deviceId}`)).body['state']).toBe('restricted');
    expect(await scene.events(deviceId, 'device.restricted')).toMatchObject([
      { previousState: 'connected', device: { restrictedUntil: device['restrictedUntil'] } },
    ]);

    await reaches(waiting, ...GONE);
    expect(await scene.state(deviceId, 'connected')).toMatchObject({
      stateReason: 'restriction_ended',
      restrictedUntil: null,
    });
    expect(await reaches(String(refused['id']), 'failed')).toMatchObject({ status: 'failed' });
  });

  it('stays so over a lost connection', async () => {
    const { deviceId, phone } = await linked();
    await scene.setFaults(phone, { reachOutLockSeconds: 600 });
    await reaches(await send(deviceId, await scene.newPhone(), 'refused'), 'failed');
    await scene.state(deviceId, 'restricted');
    await scene.disrupt(phone, { kind: 'drop' });
    await scene.state(deviceId, 'connecting');
    expect(await scene.state(deviceId, 'restricted', 'connected')).toMatchObject({
      state: 'restricted',
      stateReason: 'reach_out_locked',
    });
  });

  it('is not what a single refusal with the same code makes of it', async () => {
    const { deviceId } = await linked();
    expect(await reaches(await send(deviceId, '+999000000004', 'no'), 'failed')).toMatchObject({
      error: { providerCode: '463' },
    });
    await reaches(await send(deviceId, '+999000000001', 'yes'), ...GONE);
    expect((await scene.api.get(`/v1/devices/${deviceId}`)).body['state']).toBe('connected');
  });
});

describe('a deaf session', () => {
  it.each([
    [false, 'answers pings'],
    [true, 'answers nothing'],
  ])('is found, restarted, and its gap filled (silent: %s, it %s)', async (silent) => {
    const { deviceId, phone } = await linked();
    const friend = await scene.newPhone();
    await write(friend, phone, 'before');
    expect(await received(deviceId, 'before')).toMatchObject({ source: 'live' });
    await scene.disrupt(phone, { kind: 'deafen', silent });
    await write(friend, phone, 'into the silence');
    const sent = await send(deviceId, friend, 'out of it');
    const late = await received(deviceId, 'into the silence');
    expect(late['source']).toBe('recovered');
    await reaches(sent, ...GONE);
    const lost = await scene.events(deviceId, 'device.disconnected');
    expect(lost).toMatchObject([{ previousState: 'connected', device: { state: 'connecting', stateReason: 'deaf' } }]);
    await expect
      .poll(() => gaps(deviceId, 'deaf'), { timeout: 60_000 })
      .toEqual([
        ['gap.detected', 'filling', expect.any(Number)],
        ['gap.recovered', 'recovered', 1],
      ]);
    const shown = await scene.control.call('phones.inbox', { number: friend, text: 'out of it' });
    expect(shown.messages).toHaveLength(1);
  });

  it('is called degraded when new connections do not help, holds what is sent, and says so in its health', async () => {
    const { deviceId, phone } = await linked();
    const friend = await scene.newPhone();
    await expect
      .poll(async () => (await scene.api.get(`/v1/devices/${deviceId}/health`)).body['score'], { timeout: 60_000 })
      .toBe(100);
    await scene.setFaults(phone, { deaf: 'answering' });
    await scene.disrupt(phone, { kind: 'deafen' });
    const sent = await send(deviceId, friend, 'is it on?');
    expect(await scene.state(deviceId, 'degraded')).toMatchObject({ stateReason: 'deaf' });
    const waiting = await send(deviceId, friend, 'it is not');
    expect(await reaches(waiting, 'held')).toMatchObject({ heldReason: 'device_degraded' });
    const health = (await scene.api.get(`/v1/devices/${deviceId}/health`)).body;
    expect(health).toMatchObject({
      healthy: false,
      reasons: [{ code: 'device_degraded' }],
      gaps: [{ reason: 'deaf' }],
    });
    const told = async () =>
      (await scene.events(deviceId, 'device.health_changed')).filter((event) => event['health'] !== undefined);
    await expect.poll(async () => (await told()).length, { timeout: 60_000 }).toBe(1);
    await scene.setFaults(phone);
    await expectOk(scene.api.post(`/v1/devices/${deviceId}/restart`));
    for (const id of [sent, waiting]) await reaches(id, ...GONE);
    expect(await scene.state(deviceId, 'connected')).toMatchObject({ stateReason: 'connected' });
    // Within its minute a second change is not told.
    await expect
      .poll(async () => (await scene.api.get(`/v1/devices/${deviceId}/health`)).body['healthy'], { timeout: 60_000 })
      .toBe(true);
    expect(await told()).toHaveLength(1);
  });
});

it('tells of a gap that cannot be filled', async () => {
  const { deviceId, phone } = await linked();
  await scene.setFaults(phone, { rejectLogin: 503 });
  await scene.disrupt(phone, { kind: 'drop' });
  await scene.state(deviceId, 'connecting');
  await scene.disrupt(phone, { kind: 'unlink' });
  await scene.setFaults(phone);
  await scene.state(deviceId, 'logged_out');
  await expect.poll(() => gaps(deviceId, 'network'), { timeout: 60_000 }).toEqual([['gap.detected', 'lost', 0]]);
});

it('makes no word of a short absence in which nothing was missed', async () => {
  const { deviceId, phone } = await linked();
  const open = async () =>
    rowsOf({ data: (await scene.api.get(`/v1/devices/${deviceId}/health`)).body['gaps'] }).filter(
      (gap) => gap['reason'] === 'network',
    );
  await scene.disrupt(phone, { kind: 'drop' });
  await scene.state(deviceId, 'connecting');
  await scene.state(deviceId, 'connected');
  await expect.poll(open, { timeout: 60_000 }).toEqual([]);
  expect(await gaps(deviceId, 'network')).toEqual([]);
});

it('connects again after a temporary ban only when told to, or when it ends', async () => {
  const { deviceId, phone } = await linked();
  await scene.setFaults(phone, { rejectLogin: 403 });
  await scene.disrupt(phone, { kind: 'drop' });
  const banned = await scene.state(deviceId, 'restricted');
  expect(banned['stateReason']).toBe('banned');
  expect(Date.parse(String(banned['restrictedUntil'])) - Date.now()).toBeGreaterThan(3_000_000);
  await scene.setFaults(phone);
  await expectOk(scene.api.post(`/v1/devices/${deviceId}/restart`));
  expect(await scene.state(deviceId, 'connected')).toMatchObject({ restrictedUntil: null });
});

it('refuses faults that are none, and those of a phone of nobody', async () => {
  const phone = await scene.newPhone();
  for (const body of [{ nack: 200 }, { deaf: 'a bit' }, { unknown: true }, { ackDelayMs: -1 }]) {
    expect((await scene.api.call('PUT', `/v1/sandbox/phones/${phone}/faults`, body)).status).toBe(400);
  }
  expect((await scene.api.post(`/v1/sandbox/phones/${phone}/disrupt`, { kind: 'explode' })).status).toBe(400);
  expect((await scene.api.call('PUT', '/v1/sandbox/phones/+15550987654/faults', {})).status).toBe(404);
  expect(await scene.setFaults(phone, { nack: 479, duplicate: true })).toMatchObject({ nack: 479, duplicate: true });
  expect((await scene.api.get(`/v1/sandbox/phones/${phone}/faults`)).body).toMatchObject({ nack: 479, deaf: null });
});
