import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './lib/gateway.mjs';
import { Connection } from './lib/http.mjs';
import { linkNumbers, recipientNumbers } from './lib/numbers.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { quiet, standAside } from './lib/processes.mjs';
import { figure, percentile } from './lib/stats.mjs';

const TARGET = 1.5;
const PER_SECOND = 10;
const RECIPIENTS = 32;
const SYNC_MS = 600_000;

/** Sends at a fixed rate while `going`, each timed from the moment it was due until the server answered. */
async function steady(gateway, deviceId, going) {
  const connection = new Connection(gateway.url);
  const times = [];
  const key = gateway.apiKey;
  const from = performance.now();
  for (let n = 0; going(n); n++) {
    const due = from + (n * 1000) / PER_SECOND;
    await sleep(Math.max(0, due - performance.now()));
    const to = recipientNumbers(RECIPIENTS)[n % RECIPIENTS];
    const body = { deviceId, to, type: 'text', text: { body: 'Steady' } };
    const { status } = await connection.request('POST', '/v1/messages', { key, body });
    if (status !== 202) throw new Error(`a send was answered ${status}`);
    times.push(performance.now() - due);
  }
  connection.close();
  return times.sort((a, b) => a - b);
}

/** Links a phone with a history and waits until all of it is stored. Seconds it took. */
async function sync(gateway, { number, network, messages }) {
  const user = number.slice(1);
  const made = { chats: 50, messages };
  await network.control.call('phones.history', { number: user, made, partMessages: 2_000, delivery: 'inline' });
  const from = performance.now();
  const [deviceId] = await gateway.link([number]);
  const until = Date.now() + SYNC_MS;
  for (;;) {
    const { historySync } = await gateway.call('GET', `/v1/devices/${deviceId}`);
    if (historySync.messages >= messages && historySync.state === 'done') break;
    if (historySync.state === 'failed') throw new Error('a part of the history could not be read');
    if (Date.now() > until) throw new Error(`the history never came: ${JSON.stringify(historySync)}`);
    await sleep(250);
  }
  return (performance.now() - from) / 1000;
}

async function onDatabase({ network, databaseUrl, database, numbers, quick, say }) {
  const gateway = await Gateway.start({ network, ...(databaseUrl ? { databaseUrl } : {}) });
  const messages = quick ? 4_000 : 20_000;
  try {
    const [sender, ...synced] = numbers;
    const [deviceId] = await gateway.link([sender]);
    await steady(gateway, deviceId, (n) => n < 60);
    const samples = { quiet: [], syncing: [] };
    let seconds = 0;
    for (const number of synced) {
      await quiet(gateway.pid);
      samples.quiet.push(...(await steady(gateway, deviceId, (n) => n < (quick ? 100 : 300))));
      let over = false;
      const syncing = sync(gateway, { number, network, messages }).finally(() => {
        over = true;
      });
      const [times, took] = await Promise.all([steady(gateway, deviceId, () => !over), syncing]);
      samples.syncing.push(...times);
      seconds += took / synced.length;
    }
    for (const times of Object.values(samples)) times.sort((a, b) => a - b);
    const [quietP99, syncingP99] = [percentile(samples.quiet, 0.99), percentile(samples.syncing, 0.99)];
    const ratio = figure(syncingP99 / quietP99);
    say(`history sync ${database}: p99 ${figure(quietP99)} ms quiet, ${figure(syncingP99)} ms, ratio ${ratio}`);
    return {
      database,
      messages,
      seconds: figure(seconds),
      quietP50Ms: figure(percentile(samples.quiet, 0.5)),
      quietP99Ms: figure(quietP99),
      syncingP50Ms: figure(percentile(samples.syncing, 0.5)),
      syncingP99Ms: figure(syncingP99),
      ratio,
      target: TARGET,
      met: ratio <= TARGET,
    };
  } finally {
    await gateway.stop();
  }
}

/** How much slower one device's sends become while another's history is stored. */
export async function benchHistorySync({ network, quick, say }) {
  const numbers = linkNumbers('history-sync', quick ? 4 : 8);
  await network.phones([...recipientNumbers(RECIPIENTS), ...numbers]);
  await network.sink(true);
  standAside(network.pid);
  const half = numbers.length / 2;
  const embedded = await onDatabase({ network, database: 'pglite', numbers: numbers.slice(0, half), quick, say });
  const server = await startPostgres();
  try {
    const where = { network, databaseUrl: server.url, database: `postgres ${server.version}` };
    return [embedded, await onDatabase({ ...where, numbers: numbers.slice(half), quick, say })];
  } finally {
    await server.stop();
  }
}
