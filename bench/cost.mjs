import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from './lib/postgres.mjs';
import { treeCpuSeconds } from './lib/processes.mjs';
import { figure, median } from './lib/stats.mjs';

const dist = (name) => import(new URL(`../packages/server/dist/${name}.js`, import.meta.url).href);

const CLIENTS = 16;
// What a send writes for the books alone. The variant without leaves out statements that write to these.
const BOOKS = ['usage_month', 'usage_day', 'audit'];

/**
 * The database without the second wall and the books: statements run as WAPing itself, and those that write to the
 * books are left out. It exists in this benchmark alone; the product has no such switch.
 */
function bare(db) {
  const keeps = ({ sql }) => !BOOKS.some((table) => sql.includes(`insert into ${table} `));
  const filtered = (target) => ({
    query: async (sql, params) => (keeps({ sql }) ? target.query(sql, params) : []),
  });
  const plain = {
    ...filtered(db),
    batch: (statements) => db.batch(statements.filter(keeps)),
    tx: (body) => db.tx((tx) => body({ ...tx, ...filtered(tx), later: filtered(tx.later) })),
  };
  return { ...db, within: () => plain };
}

/** A workspace's sends through the operation layer, without HTTP: what a surface makes of a request. */
async function makeSender(db, parts) {
  const workspaceId = parts.newId('ws');
  const deviceId = parts.newId('dev');
  await parts.insertWorkspace(db, { id: workspaceId, name: 'Bench', plan: 'bench', dataKey: randomBytes(61) });
  await parts.insertDevice(db, { id: deviceId, workspaceId, label: 'Bench', network: 'whatsapp' });
  const limits = { plan: 'bench', devices: 10, outboundPerMonth: 1_000_000_000, apiAccess: true, suspended: false };
  const operation = parts.registry.find(({ id }) => id === 'messages.send');
  const quota = new parts.SpentMonths(parts.shardsOn(db));
  let sent = 0;
  return (through) => {
    const to = `+49151${10_000_000 + (sent++ % 64)}`;
    return parts.callOperation(through, {
      operation,
      input: { body: { deviceId, to, type: 'text', text: { body: 'Cost' }, requireOnline: false } },
      idempotencyKey: `cost-${sent}`,
      context: {
        workspace: { id: workspaceId },
        actor: {
          kind: 'api_key',
          id: parts.newId('key'),
          scopes: ['*'],
          devices: null,
          ips: null,
          expiresAt: null,
        },
        limits,
        now: new Date(),
        requestId: parts.newId('req'),
        address: '127.0.0.1',
        publicUrl: 'http://localhost',
        log: parts.log,
        live: {
          deviceHealth: async () => null,
          sandbox: null,
          plans: parts.plans,
          quota,
          catalogue: { operations: parts.registry },
          newDataKey: () => randomBytes(61),
        },
        wake: { devices() {}, outbox() {}, events() {}, limits() {} },
        secrets: { seal: async () => Buffer.alloc(0), open: async () => '' },
      },
    });
  };
}

async function round(send, db, { seconds, cpu }) {
  const used = cpu();
  const from = performance.now();
  const until = from + seconds * 1000;
  let accepted = 0;
  const client = async () => {
    while (performance.now() < until) {
      await send(db);
      accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const perSecond = (accepted * 1000) / (performance.now() - from);
  return { perSecond, cpuMs: ((cpu() - used) * 1000) / accepted };
}

async function onDatabase({ database, databaseUrl, serverPid, quick, say }, parts) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'waping-bench-cost-'));
  const db = await parts.openDatabase({ dataDir, databaseUrl, log: parts.log });
  const cpu = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6 + (serverPid === undefined ? 0 : treeCpuSeconds(serverPid));
  };
  try {
    const send = await makeSender(db, parts);
    const without = bare(db);
    const seconds = quick ? 2 : 6;
    await round(send, db, { seconds, cpu });
    await round(send, without, { seconds, cpu });
    const all = { with: [], without: [] };
    // By turns, the first changing each time: tables grow and the machine's load drifts for both alike.
    for (let n = 0; n < (quick ? 5 : 8); n++) {
      for (const kind of n % 2 === 0 ? ['with', 'without'] : ['without', 'with']) {
        all[kind].push(await round(send, kind === 'with' ? db : without, { seconds, cpu }));
      }
    }
    const rate = (kind) => median(all[kind].map(({ perSecond }) => perSecond));
    const spent = (kind) => median(all[kind].map(({ cpuMs }) => cpuMs));
    const row = {
      database,
      clients: CLIENTS,
      perSecond: figure(rate('with')),
      withoutPerSecond: figure(rate('without')),
      rateRatio: figure(rate('with') / rate('without')),
      cpuMs: figure(spent('with')),
      withoutCpuMs: figure(spent('without')),
      cpuRatio: figure(spent('with') / spent('without')),
    };
    say(
      `cost ${database}: ${row.perSecond}/s with, ${row.withoutPerSecond}/s without; CPU ${row.cpuMs} and ${row.withoutCpuMs} ms`,
    );
    return row;
  } finally {
    await db[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function loadParts() {
  const modules = await Promise.all(
    [
      'operations/call',
      'operations/registry',
      'features/usage/index',
      'features/workspaces/store',
      'features/devices/store',
      'features/plans/index',
      'platform/db/open',
      'platform/ids',
      'platform/log',
    ].map(dist),
  );
  const parts = Object.assign({}, ...modules);
  return { ...parts, plans: await parts.loadPlans(undefined), log: parts.createLogger('silent') };
}

/** What row-level security, the counts of usage and the audit row cost a send, against the same send without them, in one run. */
export async function benchCost({ quick, say }) {
  const parts = await loadParts();
  const embedded = await onDatabase({ database: 'pglite', quick, say }, parts);
  const server = await startPostgres();
  try {
    const where = { database: `postgres ${server.version}`, databaseUrl: server.url, serverPid: server.pid };
    return [embedded, await onDatabase({ ...where, quick, say }, parts)];
  } finally {
    await server.stop();
  }
}
