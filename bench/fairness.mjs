import { setTimeout as sleep } from 'node:timers/promises';
import { startFlood } from './lib/flood.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Connection } from './lib/http.mjs';
import { linkNumbers, recipientNumbers } from './lib/numbers.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { quiet } from './lib/processes.mjs';
import { figure, percentile } from './lib/stats.mjs';

const OPERATOR_KEY = 'the-operator-key-of-the-fairness-bench-0123456789';
const TARGET = 1.5;
const PER_SECOND = 10;
const CONNECTIONS = 64;
const SETTLE_MS = 1_500;
// What an installation has by default; the bench's own plan has them out of the way.
const DEFAULTS = { key: 6_000, workspace: 12_000, device: 3_000, read: 12_000, write: 6_000, send: 6_000 };

// What a device of network `whatsapp` does by default; the bench's gateways turn it off, because of the other parts.
const PACED = { pacing: { gapSeconds: 3 } };

async function tenant(gateway, { plan, number, paced }) {
  const made = await gateway.callAs(OPERATOR_KEY, 'POST', '/v1/operator/workspaces', { name: plan, plan });
  const key = made.apiKey;
  const [deviceId] = number ? await gateway.link([number], key) : [await gateway.createDevice(plan, key)];
  if (paced) await gateway.callAs(key, 'PATCH', `/v1/devices/${deviceId}`, PACED);
  return { key, deviceId };
}

/** Sends at a fixed rate, whatever the answers do, and measures from the moment each send was due. */
async function steady(gateway, { key, deviceId }, seconds) {
  const times = [];
  const failed = [];
  let idle = Array.from({ length: 4 }, () => new Connection(gateway.url));
  const waits = [];
  const from = performance.now();
  for (let n = 0; n < seconds * PER_SECOND; n++) {
    const due = from + (n * 1000) / PER_SECOND;
    await sleep(Math.max(0, due - performance.now()));
    idle = idle.filter((connection) => connection.open);
    const connection = idle.pop() ?? new Connection(gateway.url);
    const body = {
      deviceId,
      to: `+49151${10_000_000 + (n % 64)}`,
      type: 'text',
      text: { body: 'Steady' },
      requireOnline: false,
    };
    waits.push(
      connection.request('POST', '/v1/messages', { key, body }).then(({ status }) => {
        times.push(performance.now() - due);
        if (status !== 202) failed.push(status);
        idle.push(connection);
      }),
    );
  }
  await Promise.all(waits);
  for (const connection of idle) connection.close();
  if (failed.length > 0)
    throw new Error(`${failed.length} sends of the quiet tenant failed, the first with ${failed[0]}`);
  return times;
}

async function compare(gateway, { steadyTenant, floodTenant, seconds, rounds }) {
  const samples = { quiet: [], flooded: [] };
  const refusals = {};
  for (let round = 0; round < rounds; round++) {
    await quiet(gateway.pid);
    samples.quiet.push(...(await steady(gateway, steadyTenant, seconds)));
    const flood = startFlood({ url: gateway.url, ...floodTenant, recipients: recipientNumbers(CONNECTIONS) });
    await steady(gateway, steadyTenant, SETTLE_MS / 1000);
    samples.flooded.push(...(await steady(gateway, steadyTenant, seconds)));
    for (const [status, n] of Object.entries(await flood.stop()))
      refusals[status] = (refusals[status] ?? 0) + n / rounds;
  }
  for (const times of Object.values(samples)) times.sort((a, b) => a - b);
  return { samples, byStatus: refusals };
}

async function onDatabase({ network, databaseUrl, database, numbers, quick, say }) {
  const gateway = await Gateway.start({
    network,
    plans: { limited: { rateLimits: DEFAULTS } },
    env: { WAPING_OPERATOR_KEY: OPERATOR_KEY },
    ...(databaseUrl ? { databaseUrl } : {}),
  });
  const rows = [];
  try {
    const steadyTenant = await tenant(gateway, { plan: 'bench' });
    // Contacts, conversations and prepared statements exist after this; so does the compiled code.
    await steady(gateway, steadyTenant, quick ? 6 : 12);
    for (const { limits, ...flooding } of [
      { limits: 'raised', plan: 'bench' },
      { limits: 'default', plan: 'limited' },
      { limits: 'default, delivering', plan: 'limited', number: numbers[0], paced: true },
      { limits: 'default, delivering unpaced', plan: 'limited', number: numbers[1] },
    ]) {
      const floodTenant = await tenant(gateway, flooding);
      const work = { steadyTenant, floodTenant, seconds: quick ? 10 : 15, rounds: quick ? 2 : 3 };
      const { samples, byStatus } = await compare(gateway, work);
      const [quietP99, floodP99] = [percentile(samples.quiet, 0.99), percentile(samples.flooded, 0.99)];
      const ratio = figure(floodP99 / quietP99);
      rows.push({
        database,
        limits,
        samples: samples.quiet.length,
        quietP50Ms: figure(percentile(samples.quiet, 0.5)),
        quietP99Ms: figure(quietP99),
        floodedP50Ms: figure(percentile(samples.flooded, 0.5)),
        floodedP99Ms: figure(floodP99),
        ratio,
        target: TARGET,
        met: ratio <= TARGET,
        floodPerSecond: Object.fromEntries(Object.entries(byStatus).map(([status, n]) => [status, figure(n)])),
      });
      say(
        `fairness ${database}, limits ${limits}: p99 ${figure(quietP99)} ms quiet, ${figure(floodP99)} ms, ratio ${ratio}`,
      );
    }
  } finally {
    await gateway.stop();
  }
  return rows;
}

/** How much slower one tenant's sends become while another floods, with its limits as they are and out of the way. */
export async function benchFairness({ network, quick, say }) {
  const numbers = linkNumbers('fairness', 4);
  await network.phones([...recipientNumbers(CONNECTIONS), ...numbers]);
  await network.sink(true);
  const embedded = await onDatabase({ network, database: 'pglite', numbers: numbers.slice(0, 2), quick, say });
  const server = await startPostgres();
  try {
    const database = `postgres ${server.version}`;
    const where = { network, databaseUrl: server.url, database, numbers: numbers.slice(2) };
    return [...embedded, ...(await onDatabase({ ...where, quick, say }))];
  } finally {
    await server.stop();
  }
}
