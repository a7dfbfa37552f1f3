import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './lib/gateway.mjs';
import { holdMessages } from './lib/held-messages.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { treeCpuSeconds } from './lib/processes.mjs';
import { figure, percentile } from './lib/stats.mjs';

const READERS = 500;
/** Events a second while readers follow. */
const RATE = 20;
const WAIT_MS = 120_000;

/** Reads the whole log a hundred events at a time. */
async function pull(gateway, query) {
  const from = performance.now();
  let events = 0;
  for (let after = '0'; ; ) {
    const page = await gateway.call('GET', `/v1/events?limit=100&after=${after}${query}`);
    events += page.data.length;
    after = page.nextCursor;
    if (!page.hasMore) break;
  }
  return { events, perSecond: figure(events / ((performance.now() - from) / 1000)) };
}

/** One reader on a connection of its own, as cheap as can be: it counts events, and says how late each was. */
class Reader {
  count = 0;
  isOpen = false;
  late = [];
  #socket;
  #rest = '';

  constructor({ url, apiKey }, path) {
    const { hostname, port, host } = new URL(url);
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.setEncoding('utf8');
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (text) => this.#take(text));
    this.#socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${apiKey}\r\n\r\n`);
  }

  close() {
    this.#socket.destroy();
  }

  #take(text) {
    const now = Date.now();
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('retry: ')) this.isOpen = true;
      if (!line.startsWith('data: ')) continue;
      this.count += 1;
      this.late.push(now - Date.parse(/"createdAt":"([^"]+)"/.exec(line)[1]));
    }
  }
}

async function until(done, what) {
  const end = performance.now() + WAIT_MS;
  while (!done()) {
    if (performance.now() > end) throw new Error(`${what} took too long`);
    await sleep(20);
  }
}

/** `READERS` streams of one workspace, while events come at a steady rate. */
async function follow(gateway, deviceId, seconds) {
  const opened = performance.now();
  const readers = Array.from({ length: READERS }, () => new Reader(gateway, '/v1/events/stream?types=message.*'));
  try {
    await until(() => readers.every(({ isOpen }) => isOpen), 'opening the streams');
    const openMs = performance.now() - opened;
    const cpu = treeCpuSeconds(gateway.pid);
    const from = performance.now();
    const events = seconds * RATE;
    for (let n = 1; n <= events; n += 1) {
      await holdMessages(gateway, deviceId, 1);
      await sleep(Math.max(0, (n * 1000) / RATE - (performance.now() - from)));
    }
    await until(() => readers.every(({ count }) => count >= events), 'delivering');
    const took = (performance.now() - from) / 1000;
    const late = readers.flatMap((reader) => reader.late).sort((a, b) => a - b);
    const delivered = readers.reduce((sum, { count }) => sum + count, 0);
    return {
      readers: READERS,
      openMs: figure(openMs),
      events,
      delivered,
      perSecond: figure(delivered / took),
      p50Ms: figure(percentile(late, 0.5)),
      p99Ms: figure(percentile(late, 0.99)),
      cpuMicrosEach: figure(((treeCpuSeconds(gateway.pid) - cpu) / delivered) * 1e6),
    };
  } finally {
    for (const reader of readers) reader.close();
  }
}

async function measure({ network, database, databaseUrl, quick, say }) {
  const gateway = await Gateway.start({ network, ...(databaseUrl ? { databaseUrl } : {}) });
  try {
    const deviceId = await gateway.createDevice('Events');
    await holdMessages(gateway, deviceId, quick ? 2_000 : 20_000);
    const all = await pull(gateway, '');
    const rare = await pull(gateway, '&types=device.*');
    const stream = await follow(gateway, deviceId, quick ? 5 : 30);
    say(`events on ${database}: ${all.perSecond} a second read, ${stream.perSecond} a second to ${READERS} streams`);
    return { database, pull: all.perSecond, pulled: all.events, rareMatches: rare.events, stream };
  } finally {
    await gateway.stop();
  }
}

/** How fast the log can be read, and how late 500 followers of it are, on both databases. */
export async function benchEvents({ network, quick, say }) {
  const embedded = await measure({ network, database: 'PGlite', quick, say });
  const postgres = await startPostgres();
  try {
    const database = `PostgreSQL ${postgres.version}`;
    return [embedded, await measure({ network, database, databaseUrl: postgres.url, quick, say })];
  } finally {
    await postgres.stop();
  }
}
