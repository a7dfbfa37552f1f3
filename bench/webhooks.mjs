import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './lib/gateway.mjs';
import { quiet } from './lib/processes.mjs';
import { figure, percentile } from './lib/stats.mjs';

const OPERATOR_KEY = 'the-operator-key-of-the-webhook-bench-0123456789';
const TARGET = 1.5;
/** A workspace has no more. */
const EACH = 50;
const HANGING_SHARE = 0.2;
const ROUND_MS = 30_000;

/** A receiver that answers at once, but for paths that hang: those it never answers. */
class Receiver {
  #server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => this.#take(request.url, JSON.parse(Buffer.concat(chunks)), response));
  });
  #seen = () => undefined;
  hangs = false;

  async start() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  url(path) {
    return `http://127.0.0.1:${this.#server.address().port}${path}`;
  }

  onEvent(seen) {
    this.#seen = seen;
  }

  #take(path, event, response) {
    if (event.type === 'webhook.challenge') return response.end(JSON.stringify({ challenge: event.challenge }));
    if (this.hangs && path.startsWith('/hanging')) return undefined;
    this.#seen(path, event, performance.now());
    return response.end();
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
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
export async function benchWebhooks({ network, quick, say }) {
  const receiver = new Receiver();
  await receiver.start();
  const env = { WAPING_PRIVATE_HOSTS: '127.0.0.1', WAPING_OPERATOR_KEY: OPERATOR_KEY };
  const gateway = await Gateway.start({ network, env });
  try {
    const keys = [];
    for (let n = 0; n < (quick ? 4 : 20); n++) keys.push(await workspace(gateway, receiver, `w${n}`));
    const samples = { answering: [], hanging: [] };
    for (let n = 0; n < (quick ? 3 : 10); n++) {
      for (const hangs of [false, true]) {
        receiver.hangs = hangs;
        await quiet(gateway.pid);
        samples[hangs ? 'hanging' : 'answering'].push(...(await round(gateway, receiver, keys)));
      }
    }
    const p99 = (times) =>
      percentile(
        times.sort((a, b) => a - b),
        0.99,
      );
    const [alone, beside] = [p99(samples.answering), p99(samples.hanging)];
    const result = {
      endpoints: keys.length * EACH,
      hanging: keys.length * EACH * HANGING_SHARE,
      p50Ms: figure(percentile(samples.answering, 0.5)),
      p99Ms: figure(alone),
      p99BesideHangingMs: figure(beside),
      ratio: figure(beside / alone),
      target: TARGET,
    };
    say(`webhooks: ${JSON.stringify(result)}`);
    return result;
  } finally {
    receiver.stop();
    await gateway.stop();
  }
}
