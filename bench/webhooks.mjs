import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './lib/gateway.mjs';
import { holdMessages } from './lib/held-messages.mjs';
import { linkNumbers, recipientNumbers } from './lib/numbers.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { quiet, standAside, treeCpuSeconds } from './lib/processes.mjs';
import { Receiver } from './lib/receiver.mjs';
import { figure, percentile } from './lib/stats.mjs';

const OPERATOR_KEY = 'the-operator-key-of-the-webhook-bench-0123456789';
const TARGET = 1.5;
/** A workspace has no more. */
const EACH = 50;
const HANGING_SHARE = 0.2;
const ROUND_MS = 30_000;
/** Messages from phones a second, over so many devices. */
const PER_SECOND = 100;
const DEVICES = 20;
const WAIT_MS = 120_000;

const sorted = (times) => times.sort((a, b) => a - b);

async function until(done, what) {
  const end = performance.now() + WAIT_MS;
  while (!done()) {
    if (performance.now() > end) throw new Error(`some ${what} never came`);
    await sleep(20);
  }
}

async function workspace(gateway, receiver, name) {
  const { apiKey: key } = await gateway.callAs(OPERATOR_KEY, 'POST', '/v1/operator/workspaces', {
    name,
    plan: 'bench',
  });
  for (let n = 0; n < EACH; n++) {
    const kind = n < EACH * HANGING_SHARE ? 'hanging' : 'healthy';
    const body = { url: receiver.url(`/${kind}/${name}/${n}`), events: ['device.created'] };
    await gateway.callAs(key, 'POST', '/v1/webhooks', body);
  }
  for (;;) {
    const { data } = await gateway.callAs(key, 'GET', '/v1/webhooks?limit=100&state=active');
    if (data.length === EACH) return key;
    await sleep(200);
  }
}

/** One event in every workspace; the times until each healthy endpoint had it. */
async function round(gateway, receiver, keys) {
  const wanted = keys.length * EACH * (1 - HANGING_SHARE);
  const sentAt = new Map();
  const times = [];
  let done = () => undefined;
  const all = new Promise((resolve) => {
    done = resolve;
  });
  const early = [];
  receiver.onEvent((path, event, at) => {
    if (!path.startsWith('/healthy')) return;
    early.push([event.deviceId, at]);
    if (early.length === wanted) done();
  });
  for (const key of keys) {
    const from = performance.now();
    const { id } = await gateway.callAs(key, 'POST', '/v1/devices', { label: 'Bench', network: 'whatsapp' });
    sentAt.set(id, from);
  }
  const late = sleep(ROUND_MS, undefined, { ref: false }).then(() => {
    throw new Error(`of ${wanted} deliveries ${early.length} came within ${ROUND_MS / 1000} s`);
  });
  await Promise.race([all, late]);
  late.catch(() => undefined);
  for (const [id, at] of early) times.push(at - (sentAt.get(id) ?? Number.NaN));
  return times;
}

/** Latency of healthy endpoints, with every endpoint answering and with a fifth of them hanging, by turns. */
async function measureHanging({ gateway, receiver, quick }) {
  const keys = [];
  for (let n = 0; n < (quick ? 4 : 20); n++) keys.push(await workspace(gateway, receiver, `w${n}`));
  const samples = { answering: [], hanging: [] };
  for (let n = 0; n < (quick ? 3 : 10); n++) {
    for (const hangs of [false, true]) {
      receiver.hangs = hangs;
      // A gateway that looks at a thousand endpoints every second is never as quiet as one without.
      await quiet(gateway.pid, { limitMs: 3_000 });
      samples[hangs ? 'hanging' : 'answering'].push(...(await round(gateway, receiver, keys)));
    }
  }
  receiver.hangs = false;
  for (const key of keys) await forget(gateway, key);
  const [alone, beside] = [sorted(samples.answering), sorted(samples.hanging)];
  const ratio = figure(percentile(beside, 0.99) / percentile(alone, 0.99));
  return {
    endpoints: keys.length * EACH,
    hanging: keys.length * EACH * HANGING_SHARE,
    p50Ms: figure(percentile(alone, 0.5)),
    p99Ms: figure(percentile(alone, 0.99)),
    p99BesideHangingMs: figure(percentile(beside, 0.99)),
    ratio,
    target: TARGET,
    met: ratio <= TARGET,
  };
}

/** Deletes the endpoints of a workspace. */
async function forget(gateway, key) {
  const { data } = await gateway.callAs(key, 'GET', '/v1/webhooks?limit=100');
  for (const { id } of data) await gateway.callAs(key, 'DELETE', `/v1/webhooks/${id}`);
}

/** Makes an endpoint and waits until it is verified. Its id. */
async function endpoint(gateway, url, events) {
  const { id } = await gateway.call('POST', '/v1/webhooks', { url, events });
  while ((await gateway.call('GET', `/v1/webhooks/${id}`)).state !== 'active') await sleep(50);
  return id;
}

/** Phones write at a steady rate; the times from then until the receiver has the event, all of it. */
async function measureInbound({ gateway, network, receiver, quick, say }) {
  const [devices, phones] = [linkNumbers('webhooks', 2 * DEVICES).slice(0, DEVICES), recipientNumbers(DEVICES)];
  say(`webhooks: linking ${DEVICES} devices`);
  await network.phones([...devices, ...phones]);
  await gateway.link(devices);
  await endpoint(gateway, receiver.url('/inbound'), ['message.received']);
  await quiet(gateway.pid);
  const sentAt = new Map();
  const times = [];
  receiver.onEvent((_path, event, at) => {
    const from = sentAt.get(event.data.message.text?.body);
    if (from !== undefined) times.push(at - from);
  });
  const count = (quick ? 5 : 30) * PER_SECOND;
  const cpu = treeCpuSeconds(gateway.pid);
  const from = performance.now();
  const sends = [];
  for (let n = 0; n < count; n++) {
    const due = from + (n * 1000) / PER_SECOND;
    await sleep(Math.max(0, due - performance.now()));
    const text = `Message ${n}`;
    sentAt.set(text, performance.now());
    const at = n % DEVICES;
    sends.push(network.control.call('phones.send', { number: phones[at], to: devices[at], text }));
  }
  await Promise.all(sends);
  await until(() => times.length >= count, `of ${count} messages`);
  const late = sorted(times);
  return {
    perSecond: PER_SECOND,
    devices: DEVICES,
    messages: count,
    p50Ms: figure(percentile(late, 0.5)),
    p99Ms: figure(percentile(late, 0.99)),
    cpuMsEach: figure(((treeCpuSeconds(gateway.pid) - cpu) / count) * 1000),
  };
}

/** A log of so many events goes to so many endpoints at once, as fast as it can. */
async function measureThroughput({ gateway, receiver, endpoints, events }) {
  const ids = [];
  for (let n = 0; n < endpoints; n++) ids.push(await endpoint(gateway, receiver.url(`/bulk/${n}`), ['message.held']));
  for (const id of ids) await gateway.call('POST', `/v1/webhooks/${id}/pause`);
  const deviceId = await gateway.createDevice('Bulk');
  await holdMessages(gateway, deviceId, events);
  await quiet(gateway.pid);
  let count = 0;
  receiver.onEvent((path) => {
    if (path.startsWith('/bulk')) count += 1;
  });
  const cpu = treeCpuSeconds(gateway.pid);
  const from = performance.now();
  for (const id of ids) await gateway.call('POST', `/v1/webhooks/${id}/resume`, {});
  await until(() => count >= endpoints * events, 'of the deliveries');
  const seconds = (performance.now() - from) / 1000;
  const cpuSeconds = treeCpuSeconds(gateway.pid) - cpu;
  for (const id of ids) await gateway.call('DELETE', `/v1/webhooks/${id}`);
  return {
    endpoints,
    deliveries: count,
    perSecond: figure(count / seconds),
    perCoreSecond: figure(count / cpuSeconds),
    cpuMsEach: figure((cpuSeconds / count) * 1000),
  };
}

async function measure({ network, database, databaseUrl, quick, say }) {
  const receiver = new Receiver();
  await receiver.start();
  const env = { WAPING_PRIVATE_HOSTS: '127.0.0.1', WAPING_OPERATOR_KEY: OPERATOR_KEY };
  const gateway = await Gateway.start({ network, env, ...(databaseUrl ? { databaseUrl } : {}) });
  try {
    const parts = { gateway, network, receiver, quick, say };
    const throughput = [];
    for (const endpoints of [1, 10])
      throughput.push(await measureThroughput({ ...parts, endpoints, events: quick ? 1_000 : 4_000 }));
    const inbound = await measureInbound(parts);
    const hanging = await measureHanging(parts);
    const result = { database, inbound, hanging, throughput };
    say(`webhooks: ${JSON.stringify(result)}`);
    return result;
  } finally {
    receiver.stop();
    await gateway.stop();
  }
}

/** How late events are at endpoints, what hanging endpoints do to healthy ones, and what a delivery costs. */
export async function benchWebhooks({ withNetwork, quick, say }) {
  const on = (database, databaseUrl) =>
    withNetwork((network) => {
      standAside(network.pid);
      return measure({ network, database, databaseUrl, quick, say });
    });
  const embedded = await on('PGlite');
  const postgres = await startPostgres();
  try {
    return [embedded, await on(`PostgreSQL ${postgres.version}`, postgres.url)];
  } finally {
    await postgres.stop();
  }
}
