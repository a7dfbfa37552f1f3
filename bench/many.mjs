import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './lib/gateway.mjs';
import { linkNumbers } from './lib/numbers.mjs';
import { processTree, quiet, residentMiB, treeMiB } from './lib/processes.mjs';
import { RawEngine } from './lib/raw.mjs';
import { figure, median } from './lib/stats.mjs';

const RSS_TARGET = 1.2;
const RESTART_TARGET = 1.5;
const RESTART_LIMIT_MS = 180_000;

/** Resident memory after the last work is done and the collectors have had their turn. */
async function settledMiB(pid, quick) {
  const samples = [];
  await quiet(pid);
  for (let n = 0; n < (quick ? 5 : 20); n++) {
    await sleep(2_000);
    samples.push(treeMiB(pid));
  }
  return median(samples.slice(-5));
}

async function measureMemory({ gateway, gatewayNumbers, raw, rawNumbers, few, quick, say }) {
  const many = gatewayNumbers.length;
  say(`memory: linking ${few}, then ${many} devices`);
  await gateway.link(gatewayNumbers.slice(0, few));
  await raw.link(rawNumbers.slice(0, few));
  const before = { gateway: await settledMiB(gateway.pid, quick), raw: await settledMiB(raw.pid, quick) };
  await gateway.link(gatewayNumbers.slice(few));
  await raw.link(rawNumbers.slice(few));
  const after = { gateway: await settledMiB(gateway.pid, quick), raw: await settledMiB(raw.pid, quick) };
  const slope = (side) => figure((after[side] - before[side]) / (many - few));
  return {
    devices: { few, many },
    gatewayMiB: { few: figure(before.gateway), many: figure(after.gateway) },
    processes: processTree(gateway.pid).map((pid, n) => ({
      role: n === 0 ? 'main' : 'engine worker',
      MiB: figure(residentMiB(pid)),
    })),
    perDeviceMiB: slope('gateway'),
    rawPerSessionMiB: slope('raw'),
    target: RSS_TARGET,
    met: slope('gateway') <= RSS_TARGET,
  };
}

/** Seconds from the start of the gateway's process to its last device connected. */
async function restartGateway(gateway, count) {
  await gateway.end();
  const from = performance.now();
  await gateway.begin();
  const listening = (performance.now() - from) / 1000;
  for (;;) {
    if ((await gateway.connected()) >= count) break;
    if (performance.now() - from > RESTART_LIMIT_MS) throw new Error('not every device came back');
    await sleep(100);
  }
  return { seconds: (performance.now() - from) / 1000, listening };
}

async function restartRaw(network, stored) {
  const from = performance.now();
  const raw = await RawEngine.start(network, stored);
  try {
    await raw.open();
    return { seconds: (performance.now() - from) / 1000 };
  } finally {
    await raw.stop();
  }
}

async function measureRestart({ network, gateway, gatewayNumbers, stored, rounds, say }) {
  const count = gatewayNumbers.length;
  const results = { raw: [], gateway: [] };
  for (let n = 0; n < rounds; n++) {
    await quiet(network.pid);
    results.raw.push(await restartRaw(network, stored));
    await quiet(network.pid);
    results.gateway.push(await restartGateway(gateway, count));
    await quiet(gateway.pid);
    say(`restart: raw ${figure(results.raw[n].seconds)} s, gateway ${figure(results.gateway[n].seconds)} s`);
  }
  const middle = (side, field) => figure(median(results[side].map((one) => one[field])));
  // Of the two rounds next to each other, as on the wire.
  const ratio = figure(median(results.gateway.map(({ seconds }, n) => seconds / results.raw[n].seconds)));
  return {
    devices: count,
    rounds,
    rawSeconds: middle('raw', 'seconds'),
    gatewaySeconds: middle('gateway', 'seconds'),
    gatewayListeningSeconds: middle('gateway', 'listening'),
    ratio,
    target: RESTART_TARGET,
    met: ratio <= RESTART_TARGET,
  };
}

/** With many linked devices: memory of each further one, and the time until all are back after a restart. */
export async function benchMany({ network, quick, only, say }) {
  const many = quick ? 40 : 200;
  const rawNumbers = linkNumbers('raw-many', many);
  const gatewayNumbers = linkNumbers('gateway-many', many);
  await network.phones([...rawNumbers, ...gatewayNumbers]);
  const directory = await mkdtemp(path.join(tmpdir(), 'waping-bench-raw-'));
  const stored = path.join(directory, 'sessions');
  const gateway = await Gateway.start({ network });
  const raw = await RawEngine.start(network);
  try {
    const parts = { network, gateway, gatewayNumbers, raw, rawNumbers, quick, say };
    let memory;
    if (only === 'restart') {
      say(`restart: linking ${many} devices on each side`);
      await gateway.link(gatewayNumbers);
      await raw.link(rawNumbers);
    } else memory = await measureMemory({ ...parts, few: quick ? 10 : 20 });
    if (only === 'memory') return { memory };
    await raw.save(stored);
    await raw.stop();
    return { memory, restart: await measureRestart({ ...parts, stored, rounds: 5 }) };
  } finally {
    await raw.stop();
    await gateway.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
