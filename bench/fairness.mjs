import { setTimeout as sleep } from 'node:timers/promises';
import { startFlood } from './lib/flood.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Connection } from './lib/http.mjs';
import { linkNumbers, recipientNumbers } from './lib/numbers.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { quiet, standAside } from './lib/processes.mjs';
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

/** Times of the steady tenant's sends while another floods a gateway; what came of the flood. */
async function flooded(gateways, { steadyTenant, flooding, seconds }) {
  const flood = startFlood({ ...flooding, recipients: recipientNumbers(CONNECTIONS) });
  await steady(gateways.own, steadyTenant, SETTLE_MS / 1000);
  const times = await steady(gateways.own, steadyTenant, seconds);
  const { perSecond, moments } = await flood.stop();
  await quiet(gateways.own.pid);
  await quiet(gateways.other.pid);
  return { times, perSecond, moments };
}

/**
 * By turns: the steady tenant alone, while another floods the same gateway, and while the very same requests, each at
 * the same moment, go to another gateway: what that costs is the machine's, not the gateway's.
 */
async function compare(gateways, { steadyTenant, floodTenant, otherTenant, seconds, rounds }) {
  const { own, other } = gateways;
  const samples = { quiet: [], flooded: [], control: [] };
  const byStatus = {};
  for (let round = 0; round < rounds; round++) {
    await quiet(own.pid);
    samples.quiet.push(...(await steady(own, steadyTenant, seconds)));
    const here = await flooded(gateways, { steadyTenant, flooding: { url: own.url, ...floodTenant }, seconds });
    samples.flooded.push(...here.times);
    for (const [status, n] of Object.entries(here.perSecond)) byStatus[status] = (byStatus[status] ?? 0) + n / rounds;
    const flooding = { url: other.url, ...otherTenant, moments: here.moments };
    samples.control.push(...(await flooded(gateways, { steadyTenant, flooding, seconds })).times);
  }
  for (const times of Object.values(samples)) times.sort((a, b) => a - b);
  return { samples, byStatus };
}

function rowOf({ samples, byStatus }) {
  const [quietP99, floodP99, controlP99] = ['quiet', 'flooded', 'control'].map((one) => percentile(samples[one], 0.99));
  const ratio = figure(floodP99 / quietP99);
  return {
    samples: samples.quiet.length,
    quietP50Ms: figure(percentile(samples.quiet, 0.5)),
    quietP99Ms: figure(quietP99),
    floodedP50Ms: figure(percentile(samples.flooded, 0.5)),
    floodedP99Ms: figure(floodP99),
    controlP50Ms: figure(percentile(samples.control, 0.5)),
    controlP99Ms: figure(controlP99),
    ratio,
    controlRatio: figure(floodP99 / controlP99),
    target: TARGET,
    met: ratio <= TARGET,
    floodPerSecond: Object.fromEntries(Object.entries(byStatus).map(([status, n]) => [status, figure(n)])),
  };
}

async function onDatabase({ network, databaseUrls: [databaseUrl, otherUrl], database, numbers, quick, say }) {
  const start = (url) =>
    Gateway.start({
      network,
      plans: { limited: { rateLimits: DEFAULTS } },
      env: { WAPING_OPERATOR_KEY: OPERATOR_KEY },
      ...(url ? { databaseUrl: url } : {}),
    });
  const gateway = await start(databaseUrl);
  const other = await start(otherUrl);
  const rows = [];
  try {
    const steadyTenant = await tenant(gateway, { plan: 'bench' });
    // Contacts, conversations and prepared statements exist after this; so does the compiled code.
    await steady(gateway, steadyTenant, quick ? 6 : 12);
    for (const { limits, phones: [number, otherNumber] = [], ...flooding } of [
      { limits: 'raised', plan: 'bench' },
      { limits: 'default', plan: 'limited' },
      { limits: 'default, delivering', plan: 'limited', phones: numbers.slice(0, 2), paced: true },
      { limits: 'default, delivering unpaced', plan: 'limited', phones: numbers.slice(2) },
    ]) {
      const floodTenant = await tenant(gateway, { ...flooding, number });
      const otherTenant = await tenant(other, { ...flooding, number: otherNumber });
      const work = { steadyTenant, floodTenant, otherTenant, seconds: quick ? 10 : 15, rounds: quick ? 2 : 3 };
      const row = rowOf(await compare({ own: gateway, other }, work));
      rows.push({ database, limits, ...row });
      const p99 = `p99 ${row.quietP99Ms} ms quiet, ${row.floodedP99Ms} ms flooded, ${row.controlP99Ms} ms beside`;
      say(`fairness ${database}, limits ${limits}: ${p99}, ratios ${row.ratio} and ${row.controlRatio}`);
    }
  } finally {
    await gateway.stop();
    await other.stop();
  }
  return rows;
}

/** How much slower one tenant's sends become while another floods, with its limits as they are and out of the way. */
export async function benchFairness({ network, quick, say }) {
  const numbers = linkNumbers('fairness', 8);
  await network.phones([...recipientNumbers(CONNECTIONS), ...numbers]);
  await network.sink(true);
  standAside(network.pid);
  const here = { network, databaseUrls: [], database: 'pglite', numbers: numbers.slice(0, 4) };
  const embedded = await onDatabase({ ...here, quick, say });
  const servers = [await startPostgres(), await startPostgres()];
  try {
    const databaseUrls = servers.map(({ url }) => url);
    const where = { network, databaseUrls, database: `postgres ${servers[0].version}`, numbers: numbers.slice(4) };
    return [...embedded, ...(await onDatabase({ ...where, quick, say }))];
  } finally {
    for (const server of servers) await server.stop();
  }
}
