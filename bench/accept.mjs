import { Gateway } from './lib/gateway.mjs';
import { Pool } from './lib/http.mjs';
import { linkNumbers, recipientNumbers } from './lib/numbers.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { quiet, treeCpuSeconds } from './lib/processes.mjs';
import { figure, percentile } from './lib/stats.mjs';

const TEXT = 'Your order #12345 is confirmed and will be with you on Thursday.';

/** Posts for `seconds` from `clients` connections, each with one request on the way; milliseconds of each answer. */
async function load(gateway, { deviceId, recipients, clients, seconds, key }) {
  const pool = new Pool(gateway.url, clients);
  const times = [];
  let sent = 0;
  const from = performance.now();
  const until = from + seconds * 1000;
  await pool.each(async (connection) => {
    while (performance.now() < until) {
      const n = sent++;
      const at = performance.now();
      const { status, text } = await connection.request('POST', '/v1/messages', {
        key: gateway.apiKey,
        headers: `idempotency-key: ${key}-${n}\r\n`,
        body: {
          deviceId,
          to: recipients[n % recipients.length],
          type: 'text',
          text: { body: TEXT },
          requireOnline: false,
        },
      });
      if (status !== 202) throw new Error(`a send answered ${status}: ${text}`);
      times.push(performance.now() - at);
    }
  });
  pool.close();
  return { times, seconds: (performance.now() - from) / 1000 };
}

async function measure(gateway, work) {
  await quiet(gateway.pid);
  const cpu = treeCpuSeconds(gateway.pid);
  const { times, seconds } = await load(gateway, work);
  const used = treeCpuSeconds(gateway.pid) - cpu;
  times.sort((a, b) => a - b);
  return {
    perSecond: figure(times.length / seconds),
    p50Ms: figure(percentile(times, 0.5)),
    p99Ms: figure(percentile(times, 0.99)),
    requests: times.length,
    gatewayCpuMs: figure((used * 1000) / times.length),
  };
}

async function onDatabase({ network, databaseUrl, database, number, quick, say }) {
  const gateway = await Gateway.start({ network, ...(databaseUrl ? { databaseUrl } : {}) });
  const recipients = recipientNumbers(64);
  const seconds = quick ? 2 : 8;
  const results = [];
  try {
    const unlinked = await gateway.createDevice('never linked');
    const [linked] = await gateway.link([number]);
    await network.sink(true);
    for (const [device, deviceId] of [
      ['unlinked', unlinked],
      ['linked', linked],
    ]) {
      // Contacts, conversations and prepared statements exist after this; so does the compiled code.
      await load(gateway, { deviceId, recipients, clients: 16, seconds: quick ? 1 : 4, key: `warm-${device}` });
      for (const clients of [1, 16]) {
        const work = { deviceId, recipients, clients, seconds, key: `${device}-${clients}` };
        const result = await measure(gateway, work);
        results.push({ database, device, clients, ...result });
        say(`accept ${database}, ${device}, ${clients} clients: ${result.perSecond}/s`);
      }
    }
  } finally {
    await network.sink(false);
    await gateway.stop();
  }
  return results;
}

/** `POST /v1/messages` on both databases: alone (a device nobody linked) and with delivery running beside it. */
export async function benchAccept({ network, quick, say }) {
  const [first, second] = linkNumbers('accept', 2);
  await network.phones([...recipientNumbers(64), first, second]);
  const embedded = await onDatabase({ network, database: 'pglite', number: first, quick, say });
  const server = await startPostgres();
  try {
    const database = `postgres ${server.version}`;
    const rows = await onDatabase({ network, databaseUrl: server.url, database, number: second, quick, say });
    return [...embedded, ...rows];
  } finally {
    await server.stop();
  }
}
