import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCredentials } from '../../src/engine/baileys/worker/context.ts';
import { decodeCredentials } from '../../src/engine/baileys/worker/credentials-codec.ts';
import type { SessionFact } from '../../src/engine/port.ts';
import { linked, type Stage, spec, stage } from './kit.ts';

const KEYS = 'app-state-sync-key/';

let scene: Stage;

beforeAll(async () => {
  scene = await stage({ seed: 'app state' });
});
afterAll(() => scene[Symbol.asyncDispose]());

/** The stored keys of the app state, and the one the stored credentials name. */
function stored() {
  const rows = scene.store.devices.get('wsp_1/dev_a');
  const ids = [...(rows?.keys.keys() ?? [])].filter((name) => name.startsWith(KEYS));
  const sealed = rows?.credentials;
  const creds = sealed ? decodeCredentials(openCredentials(spec('dev_a'), sealed)) : undefined;
  return { ids, named: creds?.myAppStateKeyId };
}

it('a worker that dies once the phone was told that its keys arrived has them', async () => {
  // Each commit takes its time, so that what is not of the ratchet's own commit is not there yet at the receipt.
  scene.store.latencyMs = 20;
  let atReceipt: ReturnType<typeof stored> | undefined;
  scene.network.on('receipt', (_device, node) => {
    if (node.attrs.type !== 'peer_msg' || atReceipt) return;
    atReceipt = stored();
    const [worker] = scene.engine.workers();
    if (worker) process.kill(worker.pid, 'SIGKILL');
  });
  await linked(scene, 'dev_a', '+15550001');
  await expect.poll(() => atReceipt, { timeout: 20_000 }).toBeDefined();
  const isCrash = (one: SessionFact) => one.fact === 'closed' && one.cause === 'worker_crashed';
  const facts = await scene.store.until('the crash', () => {
    const all = scene.store.facts('dev_a');
    return all.some(isCrash) && all;
  });
  await scene.store.fact('dev_a', 'open', facts.findIndex(isCrash));
  expect(atReceipt?.ids).toHaveLength(1);
  expect(atReceipt?.ids).toEqual([`${KEYS}${atReceipt?.named}`]);
  expect(stored()).toEqual(atReceipt);
});
