import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlClient } from '@waping/sandbox';
import { ended } from './children.mjs';

const MAIN = fileURLToPath(new URL('main.js', import.meta.resolve('@waping/sandbox')));

/** The simulated WhatsApp network in a process of its own, on loopback. */
export async function startNetwork() {
  const directory = await mkdtemp(path.join(tmpdir(), 'waping-bench-network-'));
  const readyFile = path.join(directory, 'ready.json');
  const child = fork(MAIN, ['--port', '0', '--seed', 'bench', '--ready-file', readyFile], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {},
    execArgv: [],
  });
  const gone = ended(child);
  await Promise.race([
    new Promise((resolve) => child.once('message', resolve)),
    gone.then(() => Promise.reject(new Error('the network did not start'))),
  ]);
  const ready = JSON.parse(await readFile(readyFile, 'utf8'));
  const control = new ControlClient(ready);
  return {
    pid: child.pid,
    url: ready.url,
    rootKey: ready.rootKey,
    caFile: ready.caFile,
    mediaHost: ready.mediaHost,
    control,
    stats: () => control.call('stats', {}),
    phones: (numbers) => inTurn(numbers, 8, (number) => control.call('accounts.create', { number })),
    /** Phones only confirm delivery: their decryption is not what is measured. */
    sink: (on) => control.call('faults.set', { sink: on }),
    async stop() {
      child.kill('SIGTERM');
      await gone;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Runs `task` for every item, `width` at a time; results in the items' order. */
export async function inTurn(items, width, task) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await task(items[at], at);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
