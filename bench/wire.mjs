import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './lib/gateway.mjs';
import { Pool } from './lib/http.mjs';
import { linkNumbers, recipientNumbers } from './lib/numbers.mjs';
import { quiet, treeCpuSeconds } from './lib/processes.mjs';
import { RawEngine } from './lib/raw.mjs';
import { figure, median } from './lib/stats.mjs';

const TEXT = 'Your order #12345 is confirmed and will be with you on Thursday.';
const CLIENTS = 16;
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
  const sending = send();
  for (;;) {
    const { messages } = await network.stats();
    if (messages - base >= count) break;
    if (performance.now() - from > LIMIT_MS) throw new Error(`only ${messages - base} of ${count} reached the network`);
    await sleep(POLL_MS);
  }
  const seconds = (performance.now() - from) / 1000;
  await sending;
  return seconds;
}

async function post(gateway, jobs) {
  const pool = new Pool(gateway.url, CLIENTS);
  let next = 0;
  const stamp = process.hrtime.bigint();
  await pool.each(async (connection) => {
    while (next < jobs.length) {
      const at = next++;
      const { deviceId, to } = jobs[at];
      const { status, text } = await connection.request('POST', '/v1/messages', {
        key: gateway.apiKey,
        headers: `idempotency-key: wire-${stamp}-${at}\r\n`,
        body: { deviceId, to, type: 'text', text: { body: TEXT } },
      });
      if (status !== 202) throw new Error(`a send answered ${status}: ${text}`);
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

async function compare(parts, { devices, chats, perChat, rounds }) {
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
    send: () => post(gateway, jobsOf(gatewayChats, ids, count)),
  });
  // The first message of a chat makes its Signal session; that is not the rate of a going concern.
  await round({ network, pid: raw.pid }, rawRound(1));
  await round({ network, pid: gateway.pid }, gatewayRound(1));
  const results = { raw: [], gateway: [] };
  for (let n = 0; n < rounds; n++) {
    results.raw.push(await round({ network, pid: raw.pid }, rawRound(perChat)));
    results.gateway.push(await round({ network, pid: gateway.pid }, gatewayRound(perChat)));
    say(`wire ${devices}: raw ${figure(results.raw[n].rate)}/s, gateway ${figure(results.gateway[n].rate)}/s`);
  }
  const middle = (side, field) => figure(median(results[side].map((one) => one[field])));
  const ratio = figure(median(results.gateway.map((one) => one.rate)) / median(results.raw.map((one) => one.rate)));
  return {
    devices,
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
    say(`wire: linking ${most} devices on each side`);
    await raw.link(rawNumbers);
    const linked = await gateway.link(gatewayNumbers);
    const ids = new Map(gatewayNumbers.map((number, at) => [number, linked[at]]));
    await network.sink(true);
    const parts = { network, gateway, raw, ids, recipients, rawNumbers, gatewayNumbers, say };
    const rounds = quick ? 3 : 5;
    const one = await compare(parts, { devices: 1, chats: 64, perChat: quick ? 20 : 60, rounds });
    const many = await compare(parts, { devices: most, chats: 200, perChat: quick ? 8 : 20, rounds });
    return { database: 'pglite', one, many };
  } finally {
    await network.sink(false);
    await gateway.stop();
    await raw.stop();
  }
}
