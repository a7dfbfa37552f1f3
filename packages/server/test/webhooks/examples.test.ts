import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { mintSigningSecret, signatureHeaders } from '../../src/features/webhooks/signature.ts';
import { findPython } from '../kit/python.ts';

const run = promisify(execFile);
const TSC = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url));
const pathOf = (name: string) => fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url));

const running = new Set<ChildProcess>();
afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  running.clear();
});

interface Program {
  program: string;
  env?: Record<string, string>;
}

/** A receiver that runs, with what it has printed. */
async function start(
  { program, env = {} }: Program,
  file: string,
  secret: string,
): Promise<{ url: string; output: () => string }> {
  const child = spawn(program, [pathOf(file)], {
    env: { ...env, PATH: process.env['PATH'] ?? '', WEBHOOK_SECRET: secret, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  await expect.poll(() => text, { timeout: 20_000 }).toMatch(/listening on port \d+/);
  const port = /port (\d+)/.exec(text)?.[1] ?? '';
  return { url: `http://127.0.0.1:${port}/`, output: () => text };
}

interface Sent {
  secret: string;
  id: string;
  event: object;
  at?: Date;
}

function send(url: string, { secret, id, event, at = new Date() }: Sent): Promise<Response> {
  const body = JSON.stringify(event);
  const headers = signatureHeaders([secret], { id, at, body: Buffer.from(body) });
  return fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
}

async function expectReceiver(program: Program, file: string): Promise<void> {
  const secret = mintSigningSecret();
  const { url, output } = await start(program, file, secret);
  const challenge = { id: 'evt_0', type: 'webhook.challenge', challenge: 'whk_1.2.three' };
  const echoed = await send(url, { secret, id: 'evt_0', event: challenge });
  expect([echoed.status, await echoed.json()]).toEqual([200, { challenge: 'whk_1.2.three' }]);
  const event = { id: 'evt_1', type: 'device.connected', data: {} };
  for (let time = 0; time < 2; time++) expect((await send(url, { secret, id: 'evt_1', event })).status).toBe(204);
  await expect.poll(output).toContain('evt_1: device.connected');
  const stranger = mintSigningSecret();
  expect((await send(url, { secret: stranger, id: 'evt_2', event })).status).toBe(400);
  const old = new Date(Date.now() - 600_000);
  expect((await send(url, { secret, id: 'evt_3', event, at: old })).status).toBe(400);
  expect(output().split('evt_1: device.connected')).toHaveLength(2);
}

it('the example in TypeScript takes what is ours, once, and refuses the rest', async () => {
  await run(process.execPath, [TSC, '-p', pathOf('')]);
  await expectReceiver({ program: process.execPath }, 'dist/webhook-receiver.js');
});

it('the example in Python does the same', async () => {
  await expectReceiver(await findPython(), 'webhook_receiver.py');
});
