import { fork } from 'node:child_process'; import { once } from 'node:events'; import { readFile } from 'node:fs/promises'; import { fileURLToPath } from 'node:url';
import { ControlClient } from '@waping/sandbox'; import { it } from 'vitest'; import { TestClient } from './kit/client.ts';
it('perf', async () => {
  const child = fork(fileURLToPath(new URL('../dist/main.js', import.meta.url)), ['--seed', 'p', '--ready-file', '/tmp/ready-perf.json', ...(process.env.EXTRA ?? '').split(' ').filter(Boolean)], { silent: true, execArgv: process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof'] : [] });
  await once(child, 'message'); const ready = JSON.parse(await readFile('/tmp/ready-perf.json', 'utf8')); const c = new ControlClient(ready);
  const info = await c.call('info', {});
  const fake: any = { url: info.url, rootKey: Buffer.from(info.rootKey, 'hex'), mediaHost: info.mediaHost, mediaCa: info.mediaCa };
  await c.call('accounts.create', { number: '15550001' }); await c.call('accounts.create', { number: '15550002' });
  const client = new TestClient(fake); await client.start(); await c.call('phones.scan', { number: '15550001', qr: await client.qr() }); await client.opened(1);
  for (const sink of [true, false]) {
    await c.call('faults.set', { sink });
    const to = sink ? '15550002' : '15550003'; await c.call('accounts.create', { number: to }); await client.socket.sendMessage(to + '@s.whatsapp.net', { text: 'warm' });
    for (let round = 0; round < 2; round++) {
    const before: any = await c.call('stats', {}); const t = Date.now(); const N = 1000; const n0 = client.acks.length;
    const cpu0 = process.cpuUsage();
    for (let i = 0; i < N; i += 10) await Promise.all(Array.from({ length: 10 }, (_, k) => client.socket.sendMessage(to + '@s.whatsapp.net', { text: `m${i + k}` })));
    await client.until(() => client.acks.length >= n0 + N || undefined);
    const after: any = await c.call('stats', {}); const cpu = process.cpuUsage(cpu0);
    console.log({ sink, perSec: (N / (Date.now() - t)) * 1000 | 0, netCpuUsPerMsg: (after.cpuMicros - before.cpuMicros) / N | 0, clientCpuUs: (cpu.user + cpu.system) / N | 0, delivered: after.delivered - before.delivered, rss: after.rss >> 20 });
    } }
  await client.stop(); child.kill('SIGTERM'); await once(child, 'exit');
}, 120000);
