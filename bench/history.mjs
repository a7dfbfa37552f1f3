import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Gateway } from './lib/gateway.mjs';
import { Connection } from './lib/http.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { COMMON, RARE, seedHistory } from './lib/seed-history.mjs';
import { figure, median } from './lib/stats.mjs';

const dist = (name) => import(new URL(`../packages/server/dist/${name}.js`, import.meta.url).href);

const OPERATOR_KEY = 'the-operator-key-of-the-history-bench-0123456789';
const TARGET = 2;
const SMALL = 10_000;
const LIMIT = 50;
const SEARCH_INDEX = 'search_words';

async function makeTenant(gateway, name) {
  const { apiKey } = await gateway.callAs(OPERATOR_KEY, 'POST', '/v1/operator/workspaces', { name, plan: 'bench' });
  const { workspace } = await gateway.callAs(apiKey, 'GET', '/v1/me');
  return { key: apiKey, workspaceId: workspace.id, deviceId: await gateway.createDevice(name, apiKey) };
}

/** Messages written, indexed as the product does it, and statistics as the database's own upkeep would leave them. */
async function fill(db, tenants, { parts, say }) {
  for (const [n, tenant] of tenants.entries()) {
    const from = performance.now();
    const { newId, firstIdAt } = parts;
    tenant.ids = await seedHistory(db, { ...tenant, number: 150 + n, newId, firstIdAt });
    say(`history: ${tenant.count} messages in ${Math.round((performance.now() - from) / 1000)} s`);
  }
  const from = performance.now();
  const rows = await parts.indexAll(db);
  const seconds = (performance.now() - from) / 1000;
  for (const table of ['message', 'contact', 'conversation', 'search_entry', 'search_segment'])
    await db.query(`vacuum analyze ${table}`);
  return { rows, indexedPerSecond: Math.round(rows / seconds), seconds: Math.round(seconds) };
}

/** Requests that ask the same of both histories. */
function questions(tenant, { closePage }) {
  const middle = tenant.ids[Math.floor(tenant.ids.length / 2)];
  const cursorAt = (filters) => closePage([middle, ''], { limit: 1, order: 'desc', filters }, (id) => id).nextCursor;
  const list = `/v1/messages?limit=${LIMIT}`;
  const search = (q) => `/v1/messages/search?limit=${LIMIT}&q=${encodeURIComponent(q)}`;
  return {
    'newest page': list,
    'page in the middle': `${list}&cursor=${cursorAt({})}`,
    'search, a common word': search(COMMON),
    'search in the middle': `${search(COMMON)}&cursor=${cursorAt({ q: COMMON })}`,
    'search, a rare word': search(RARE.word),
    'search, no such word': search('zzyzx'),
  };
}

async function time(connection, tenant, path) {
  const from = performance.now();
  const { status, text } = await connection.request('GET', path, { key: tenant.key });
  if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
  return { ms: performance.now() - from, found: JSON.parse(text).data.length };
}

/** By turns, so that the machine's load is the same for both. */
async function compare(url, [small, large], { rounds, parts }) {
  const connection = new Connection(url);
  const asked = [small, large].map((tenant) => questions(tenant, parts));
  const rows = [];
  for (const name of Object.keys(asked[0])) {
    const times = [[], []];
    const found = [0, 0];
    for (let round = -5; round < rounds; round++) {
      for (const [n, tenant] of [small, large].entries()) {
        const one = await time(connection, tenant, asked[n][name]);
        found[n] = one.found;
        if (round >= 0) times[n].push(one.ms);
      }
    }
    const [smallMs, largeMs] = times.map(median);
    const ratio = figure(largeMs / smallMs);
    rows.push({
      name,
      found,
      smallMs: figure(smallMs),
      largeMs: figure(largeMs),
      ratio,
      target: TARGET,
      met: ratio <= TARGET,
    });
  }
  connection.close();
  return rows;
}

function nodes(plan) {
  return [plan, ...(plan.Plans ?? []).flatMap(nodes)];
}

/** A query function that answers plans instead of rows: those for any value, behind the wall, as the gateway has them. */
const explaining = (db, workspaceId, plans) => ({
  async query(sql) {
    await db.withConnection(async (run) => {
      await run(`begin; select set_config('waping.workspace', '${workspaceId}', true); set local role waping_tenant`);
      const [row] = await run(`explain (generic_plan, format json) ${sql}`);
      for (const { Plan: plan } of row['QUERY PLAN']) plans.push(plan);
    });
    return [];
  },
});

/** Throws unless the lists and the search of a workspace go by an index. */
async function checkPlans(db, tenant, parts) {
  const { workspaceId } = tenant;
  const plans = [];
  const middle = tenant.ids[Math.floor(tenant.ids.length / 2)];
  const filter = {
    deviceId: null,
    conversationId: null,
    direction: null,
    status: null,
    type: null,
    withChanges: false,
    clientRef: null,
    phone: null,
  };
  for (const after of [null, middle]) {
    const page = { after, limit: LIMIT + 1, order: 'desc' };
    await parts.listMessageRows(explaining(db, workspaceId, plans), { workspaceId, ...filter, page });
  }
  const all = plans.flatMap(nodes);
  const scanned = all.filter((node) => node['Relation Name'] === 'message');
  const sorted = all.some((node) => node['Sort Key']?.some((key) => key.startsWith('m.')));
  if (sorted || scanned.length === 0 || scanned.some((node) => !/^Index/.test(node['Node Type'])))
    throw new Error(`a page of the history is no index scan: ${JSON.stringify(plans)}`);
  const counts = async () => {
    const [row] = await db.query(
      `select (select idx_scan from pg_stat_user_indexes where indexrelname = '${SEARCH_INDEX}') as by_index,
         (select sum(seq_scan) from pg_stat_user_tables where relname in ('search_entry', 'message')) as whole`,
    );
    return row;
  };
  return { list: scanned.map((node) => `${node['Node Type']} on ${node['Index Name']}`), counts };
}

async function onServer({ gateway, server, count, quick, say }, parts) {
  const tenants = [
    { ...(await makeTenant(gateway, 'small')), count: SMALL },
    { ...(await makeTenant(gateway, 'large')), count },
  ];
  await gateway.end();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'waping-bench-history-'));
  const db = await parts.openDatabase({ dataDir, databaseUrl: server.url, log: parts.log });
  try {
    const indexing = await fill(db, tenants, { parts, say });
    const [, large] = tenants;
    const { list, counts } = await checkPlans(db, large, parts);
    await gateway.begin();
    const settle = () => new Promise((resolve) => setTimeout(resolve, 1_500));
    await settle();
    const before = await counts();
    const rows = await compare(gateway.url, tenants, { rounds: quick ? 40 : 100, parts });
    await settle();
    const after = await counts();
    if (BigInt(after.by_index) <= BigInt(before.by_index)) throw new Error('the search did not use its index');
    if (BigInt(after.whole) !== BigInt(before.whole)) throw new Error('a search or a page read a whole table');
    const [size] = await db.query(
      `select pg_relation_size('search_words') as words, pg_total_relation_size('search_entry') as entries,
         pg_total_relation_size('message') as messages`,
    );
    const perMessage = (bytes) => Math.round(Number(bytes) / (count + SMALL));
    const bytes = {
      index: perMessage(size.words),
      entries: perMessage(size.entries),
      message: perMessage(size.messages),
    };
    return {
      database: `postgres ${server.version}`,
      small: SMALL,
      large: count,
      plans: { list },
      indexing,
      bytes,
      rows,
    };
  } finally {
    await db[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function loadParts() {
  const modules = await Promise.all(
    [
      'features/search/index',
      'features/messages/store',
      'operations/cursor',
      'platform/db/open',
      'platform/ids',
      'platform/log',
    ].map(dist),
  );
  const parts = Object.assign({}, ...modules);
  return { ...parts, log: parts.createLogger('silent') };
}

/** Pages and searches in a workspace with a long history, against the same in one of 10,000 messages beside it. */
export async function benchHistory({ network, quick, say }) {
  const parts = await loadParts();
  const server = await startPostgres();
  try {
    const env = { WAPING_OPERATOR_KEY: OPERATOR_KEY };
    const gateway = await Gateway.start({ network, databaseUrl: server.url, env });
    try {
      const report = await onServer({ gateway, server, count: quick ? 50_000 : 1_000_000, quick, say }, parts);
      for (const row of report.rows)
        say(`history ${row.name}: ${row.smallMs} ms, ${row.largeMs} ms, ratio ${row.ratio}, found ${row.found}`);
      return report;
    } finally {
      await gateway.stop();
    }
  } finally {
    await server.stop();
  }
}
