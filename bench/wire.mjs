import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './lib/gateway.mjs';
import { Pool } from './lib/http.mjs';
import { linkNumbers, recipientNumbers } from './lib/numbers.mjs';
import { quiet, treeCpuSeconds } from './lib/processes.mjs';
import { RawEngine } from './lib/raw.mjs';
import { figure, median } from './lib/stats.mjs';

const TEXT = 'Your order #12345 is confirmed and will be with you on Thursday.';
// As many as keep the gateway supplied: fewer wait for the disk with it.
const CLIENTS = 32;
// As many as an order system sends of one moment; two of them, so that one is accepted while another is delivered.
const BATCH = 100;
const BATCH_CLIENTS = 2;
// Until both sides' code is compiled and their caches are filled: a gateway runs for months.
const WARM_UP_ROUNDS = 2;
// Each look costs both sides a request; a round takes seconds.
const POLL_MS = 50;
const LIMIT_MS = 120_000;
const TARGET = 0.6;

/** Chats of a round: every device writes to as many recipients as it takes to keep `chats` of them going. */
function chatsOf(devices, recipients, chats) {
  const each = Math.ceil(chats / devices.length);
  return devices.flatMap((from, d) =>
    Array.from({ length: each }, (_, n) => ({ from, to: recipients[(d * each + n) % recipients.length] })),
  );
}

/** Seconds from the start of `send` until the network has acked `count` more messages. */
async function timed(network, count, send) {
  const base = (await network.stats()).messages;
  const from = performance.now();
  let failure;
  const sending = send().catch((error) => {
    failure = error;
  });
  for (;;) {
    if (failure) throw failure;
    const { messages } = await network.stats();
    if (messages - base >= count) break;
    if (performance.now() - from > LIMIT_MS) throw new Error(`only ${messages - base} of ${count} reached the network`);
    await sleep(POLL_MS);
  }
  const seconds = (performance.now() - from) / 1000;
  await sending;
  if (failure) throw failure;
  return seconds;
}

const bodyOf = ({ deviceId, to }) => ({ deviceId, to, type: 'text', text: { body: TEXT } });

/** The two ways to hand over many messages: each with a request of its own, or a hundred in one. */
const SUBMIT = {
  single: { clients: CLIENTS, size: 1, path: '/v1/messages', status: 202, body: ([job]) => bodyOf(job) },
  batch: {
    clients: BATCH_CLIENTS,
    size: BATCH,
    path: '/v1/messages/batch',
    status: 202,
    body: (jobs) => ({ messages: jobs.map(bodyOf) }),
  },
};

async function post(gateway, jobs, how) {
  const { clients, size, path, status: wanted, body } = SUBMIT[how];
  const pool = new Pool(gateway.url, clients);
  let next = 0;
  const stamp = process.hrtime.bigint();
  await pool.each(async (connection) => {
    while (next < jobs.length) {
      const at = next;
      next += size;
      const { status, text } = await connection.request('POST', path, {
        key: gateway.apiKey,
        headers: `idempotency-key: wire-${stamp}-${at}\r\n`,
        body: body(jobs.slice(at, at + size)),
      });
      if (status !== wanted) throw new Error(`a send answered ${status}: ${text}`);
      if (how === 'batch' && JSON.parse(text).refused > 0) throw new Error(`a batch was refused in part: ${text}`);
    }
  });
  pool.close();
}

/** Every chat's messages, interleaved: the n-th of all chats before the next of any. */
function jobsOf(chats, ids, count) {
  return Array.from({ length: count }, () => chats.map(({ from, to }) => ({ deviceId: ids.get(from), to }))).flat();
}

async function round(parts, work) {
  const { network, pid } = parts;
  await quiet(pid);
  await quiet(network.pid);
  const cpu = treeCpuSeconds(pid);
  const netCpu = treeCpuSeconds(network.pid);
  const seconds = await timed(network, work.total, work.send);
  return {
    rate: work.total / seconds,
    cpuMs: ((treeCpuSeconds(pid) - cpu) * 1000) / work.total,
    networkCpuMs: ((treeCpuSeconds(network.pid) - netCpu) * 1000) / work.total,
  };
}

async function compare(parts, { devices, chats, perChat, rounds, how }) {
  const { network, gateway, raw, ids, recipients, say } = parts;
  const rawChats = chatsOf(parts.rawNumbers.slice(0, devices), recipients, chats);
  const gatewayChats = chatsOf(parts.gatewayNumbers.slice(0, devices), recipients, chats);
  const total = rawChats.length * perChat;
  const rawRound = (count) => ({
    total: rawChats.length * count,
    send: () => raw.send({ chats: rawChats, count, text: TEXT }),
  });
  const gatewayRound = (count) => ({
    total: gatewayChats.length * count,
    send: () => post(gateway, jobsOf(gatewayChats, ids, count), how),
  });
  const pair = async (count) => ({
    raw: await round({ network, pid: raw.pid }, rawRound(count)),
    gateway: await round({ network, pid: gateway.pid }, gatewayRound(count)),
  });
  // The first message of a chat makes its Signal session; that is not the rate of a going concern.
  await pair(1);
  for (let n = 0; n < WARM_UP_ROUNDS; n++) await pair(perChat);
  const pairs = [];
  for (let n = 0; n < rounds; n++) {
    pairs.push(await pair(perChat));
    say(`wire ${devices} (${how}): raw ${figure(pairs[n].raw.rate)}/s, gateway ${figure(pairs[n].gateway.rate)}/s`);
  }
  const middle = (side, field) => figure(median(pairs.map((one) => one[side][field])));
  // Of the two rounds next to each other: the machine is another one a minute later.
  const ratio = figure(median(pairs.map((one) => one.gateway.rate / one.raw.rate)));
  return {
    devices,
    how,
    chats: rawChats.length,
    messagesPerRound: total,
    rounds,
    raw: {
      perSecond: middle('raw', 'rate'),
      cpuMs: middle('raw', 'cpuMs'),
      networkCpuMs: middle('raw', 'networkCpuMs'),
    },
    gateway: {
      perSecond: middle('gateway', 'rate'),
      cpuMs: middle('gateway', 'cpuMs'),
      networkCpuMs: middle('gateway', 'networkCpuMs'),
    },
    ratio,
    target: TARGET,
    met: ratio >= TARGET,
  };
}

/** Messages per second from the API to the network's ack, against the bare engine on the same network. */
export async function benchWire({ network, quick, say }) {
  const most = quick ? 10 : 50;
  const recipients = recipientNumbers(64);
  const rawNumbers = linkNumbers('raw-wire', most);
  const gatewayNumbers = linkNumbers('gateway-wire', most);
  await network.phones([...recipients, ...rawNumbers, ...gatewayNumbers]);
  const raw = await RawEngine.start(network);
  const gateway = await Gateway.start({ network });
  try {
    const ids = new Map();
    const parts = { network, gateway, raw, ids, recipients, rawNumbers, gatewayNumbers, say };
    const link = async (from, to) => {
      say(`wire: linking ${to - from} on each side`);
      await network.sink(false);
      await raw.link(rawNumbers.slice(from, to));
      const linked = await gateway.link(gatewayNumbers.slice(from, to));
      for (const [at, id] of linked.entries()) ids.set(gatewayNumbers[from + at], id);
      await network.sink(true);
    };
    const rounds = quick ? 3 : 7;
    // Nothing but this one is linked: a process of the bare library slows down with every session it holds.
    await link(0, 1);
    const one = await compare(parts, { devices: 1, chats: 64, perChat: quick ? 20 : 60, rounds, how: 'single' });
    const batch = await compare(parts, { devices: 1, chats: 64, perChat: quick ? 20 : 60, rounds, how: 'batch' });
    await link(1, most);
    const many = await compare(parts, { devices: most, chats: 200, perChat: quick ? 8 : 20, rounds, how: 'single' });
    return { database: 'pglite', one, batch, many };
  } finally {
    await network.sink(false);
    await gateway.stop();
    await raw.stop();
  }
}
