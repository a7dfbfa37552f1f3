import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { startNetwork } from './lib/network.mjs';
import { Gateway } from './lib/gateway.mjs';
import { linkNumbers, recipientNumbers } from './lib/numbers.mjs';
import { processTree } from './lib/processes.mjs';
import { Pool } from './lib/http.mjs';
import { setTimeout as sleep } from 'node:timers/promises';
const WebSocket = createRequire('/work/main/packages/sandbox/')('ws');
const NDEV = Number(process.argv[2] ?? 1), N = Number(process.argv[3] ?? 1200), PROF = process.argv[4] === 'prof', DB = process.argv[5];
const network = await startNetwork();
const gw = await Gateway.start({ network, databaseUrl: DB, nodeArgs: PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof'] : [] });
const rec = recipientNumbers(64), nums = linkNumbers('gateway-wire', NDEV);
await network.phones([...rec, ...nums]);
const ids = await gw.link(nums);
await network.sink(true);
const threads = (pid) => Object.fromEntries(readdirSync(`/proc/${pid}/task`).map((t) => { const s = readFileSync(`/proc/${pid}/task/${t}/stat`, 'utf8'); const f = s.slice(s.lastIndexOf(')') + 2).split(' '); const name = s.slice(s.indexOf('(') + 1, s.lastIndexOf(')')); return [`${name}-${t}`, (Number(f[11]) + Number(f[12])) * 10]; }));
async function run(n, tag) {
  const base = (await network.stats()).messages;
  const pool = new Pool(gw.url, 16); let next = 0;
  const t0 = performance.now();
  await pool.each(async (c) => { while (next < n) { const at = next++; const r = await c.request('POST', '/v1/messages', { key: gw.apiKey, headers: `idempotency-key: ${tag}-${at}\r\n`, body: { deviceId: ids[at % NDEV], to: rec[Math.floor(at / NDEV) % (NDEV > 1 ? 8 : 64)], type: 'text', text: { body: 'hello there, a typical message' } } }); if (r.status !== 202) throw new Error(r.text); } });
  const tAcc = performance.now() - t0;
  for (;;) { if ((await network.stats()).messages - base >= n) break; await sleep(10); }
  return { tag, n, acceptMs: Math.round(tAcc), totalMs: Math.round(performance.now() - t0) };
}
console.log(await run(64 * NDEV, 'warm'));
await sleep(1500);
const pids = processTree(gw.pid); const before = pids.map(threads);
let cdp; const [, ...workers] = pids;
if (PROF) {
  process.kill(workers[0], 'SIGUSR1'); await sleep(800);
  const list = await (await fetch('http://127.0.0.1:9229/json')).json();
  const ws = new WebSocket(list[0].webSocketDebuggerUrl, { maxPayload: 1e9 }); await new Promise((r) => ws.once('open', r));
  let id = 0; const wait = new Map(); ws.on('message', (m) => { const d = JSON.parse(m); wait.get(d.id)?.(d.result ?? d.error); });
  cdp = (method, params) => new Promise((r) => { const i = ++id; wait.set(i, r); ws.send(JSON.stringify({ id: i, method, params })); });
  await cdp('Profiler.enable'); await cdp('Profiler.setSamplingInterval', { interval: 500 }); await cdp('Profiler.start');
}
const res = await run(N, 'main');
await sleep(1000);
if (cdp) { const { profile } = await cdp('Profiler.stop'); writeFileSync('/tmp/prof/engine-worker.cpuprofile', JSON.stringify(profile)); }
const after = pids.map(threads);
console.log(res, `rate ${(N * 1000 / res.totalMs).toFixed(0)}/s`);
pids.forEach((p, i) => { for (const [k, v] of Object.entries(after[i])) { const d = v - (before[i][k] ?? 0); if (d >= 30) console.log(p, k, `${(d / N).toFixed(2)} ms/msg`); } });
await gw.stop(); await network.stop();
