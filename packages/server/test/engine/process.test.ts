import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startNetwork } from '@waping/sandbox';
import { describe, expect, it } from 'vitest';
import { engineOptions } from '../../src/engine/baileys/options.ts';
import { signalImplementation } from '../../src/engine/baileys/worker/signal-implementation.ts';
import { linked, stage } from './kit.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ENTRY = here('../../dist/engine/baileys/worker-main.js');

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Lets `signal-implementation.js` see another package under the name libsignal. */
const OTHER_LIBSIGNAL = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(\`
    export const resolve = (name, context, next) =>
      name === 'libsignal' && context.parentURL.endsWith('signal-implementation.js')
        ? { url: 'data:text/javascript,export default 1', shortCircuit: true }
        : next(name, context);
  \`));
`)}`;

describe('worker processes', () => {
  it("runs Signal on WAPing's own package", async () => {
    expect(await signalImplementation()).toBe('whatsapp-rust-bridge');
  });

  it('refuses to start on another package of that name', async () => {
    const worker = fork(ENTRY, [], { serialization: 'advanced', execArgv: ['--import', OTHER_LIBSIGNAL], env: {} });
    worker.send([{ tell: 'init', endpoint: { network: 'sandbox' }, settings: engineOptions().worker }]);
    const [said] = await once(worker, 'message');
    worker.kill('SIGKILL');
    expect(said).toMatchObject([{ say: 'refused' }]);
  });

  it('ends with its gateway, even when that is killed', async () => {
    await using network = await startNetwork({ seed: 'orphan' });
    const parent = spawn(
      process.execPath,
      [here('./orphan-parent.mjs'), network.url, network.rootKey.toString('hex')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = await once(parent.stdout, 'data');
    const worker = Number(String(line).trim());
    expect(alive(worker)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => alive(worker), { timeout: 30_000 }).toBe(false);
  });

  it('starts lazily, spreads sessions over the pool, and gives workers nothing of the environment', async () => {
    await using scene = await stage({}, { workersPerNetwork: 2 });
    expect(scene.engine.workers()).toEqual([]);
    process.env.WAPING_TEST_SECRET = 'must not leak';
    await linked(scene, 'dev_1', '+15550001');
    await linked(scene, 'dev_2', '+15550002');
    const workers = scene.engine.workers();
    expect(workers).toMatchObject([
      { network: 'sandbox', sessions: 1, restarts: 0 },
      { network: 'sandbox', sessions: 1, restarts: 0 },
    ]);
    const environment = `/proc/${workers[0]?.pid}/environ`;
    if (existsSync(environment)) expect(readFileSync(environment, 'utf8')).not.toContain('must not leak');
    delete process.env.WAPING_TEST_SECRET;
  });

  it('touches only the sessions of the worker that died', async () => {
    await using scene = await stage({}, { workersPerNetwork: 2 });
    await linked(scene, 'dev_1', '+15550001');
    await linked(scene, 'dev_2', '+15550002');
    const [first] = scene.engine.workers();
    const before = [scene.store.facts('dev_1').length, scene.store.facts('dev_2').length] as const;
    process.kill(first?.pid ?? 0, 'SIGKILL');
    await scene.store.fact('dev_1', 'open', before[0]);
    expect(scene.store.facts('dev_2')).toHaveLength(before[1]);
    expect(scene.engine.workers().map(({ restarts }) => restarts)).toEqual([1, 0]);
  });

  it('logs ids and codes only', async () => {
    await using scene = await stage();
    await linked(scene, 'dev_1', '+15550001');
    scene.network.streamError({ code: 'oddity' }, '15550001');
    await scene.store.fact('dev_1', 'open', scene.store.facts('dev_1').length);
    expect(scene.logged.join('\n')).not.toMatch(/15550001|s\.whatsapp\.net/);
  });
});
