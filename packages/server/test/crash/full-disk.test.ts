import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ApiClient, errorOf, type Reply, rowsOf } from '../kit/api.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { SmallDisk } from './kit/small-disk.ts';

const ROOM_MB = 200;
const readySchema = z.object({ url: z.string(), apiKey: z.string() });

const FULL = /waping: The disk of .* is full\s+What to do: Free some space/;

async function serve(disk: SmallDisk): Promise<{ child: ChildProcess; api: ApiClient }> {
  const file = path.join(disk.outside, 'ready.json');
  const child = disk.spawn(['serve', '--ready-file', file]);
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => null);
    if (child.exitCode !== null) throw new Error('the gateway did not start');
    if (text !== null) {
      const { url, apiKey } = readySchema.parse(JSON.parse(text));
      return { child, api: new ApiClient(url, apiKey) };
    }
    await sleep(20);
  }
}

async function stop(child: ChildProcess): Promise<number | null> {
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return code;
}

it('refuses a first start without room, leaves no half database, and starts when there is room', async () => {
  await using disk = await SmallDisk.mount(8);
  const refused = await disk.run(['serve']);
  expect(refused.err).toMatch(FULL);
  expect(refused.err).not.toMatch(/\n\s+at /);
  expect(refused.code).toBe(1);
  await disk.resize(ROOM_MB);
  const { child } = await serve(disk);
  expect(await stop(child)).toBe(0);
});

it('refuses to start on a full disk, damages nothing, and has everything once there is room', async () => {
  await using disk = await SmallDisk.mount(ROOM_MB);
  const { child, api } = await serve(disk);
  await expectOk(api.post('/v1/devices', { label: 'Mine', network: 'whatsapp' }));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  disk.fill();
  for (let times = 0; times < 2; times += 1) {
    const refused = await disk.run(['serve']);
    expect(refused.err).toMatch(FULL);
    expect(refused.err).not.toMatch(/\n\s+at /);
    expect(refused.code).toBe(1);
  }
  disk.free();
  const keys = await disk.run(['keys', 'list']);
  expect([keys.code, keys.out]).toEqual([0, expect.stringMatching(/^key_.* active /)]);
});

it('answers 503 naming the full disk while it runs, and goes on by itself with everything it accepted', async () => {
  await using disk = await SmallDisk.mount(ROOM_MB);
  const { child, api } = await serve(disk);
  try {
    const device = await expectOk(api.post('/v1/devices', { label: 'Mine', network: 'whatsapp' }));
    const accepted: unknown[] = [];
    const post = async (): Promise<Reply> => {
      // Noise: a text that compresses would not fill a page.
      const text = { body: randomBytes(30_000).toString('base64') };
      const message = { deviceId: device['id'], to: '+4915112345001', type: 'text', text, requireOnline: false };
      const reply = await api.post('/v1/messages', message);
      if (reply.status === 202) accepted.push(reply.body['id']);
      return reply;
    };
    await expectOk(post());
    disk.fill();
    let refused = await post();
    while (refused.status === 202) refused = await post();
    expect([refused.status, errorOf(refused)['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(errorOf(refused)['message']).toMatch(/disk is full: free some space/);
    disk.free();
    await expect.poll(async () => (await post()).status, { timeout: 60_000 }).toBe(202);
    const { body } = await api.get('/v1/messages?limit=100&order=asc');
    expect(rowsOf(body).map((row) => row['id'])).toEqual(accepted.slice(0, 100));
  } finally {
    await stop(child);
  }
});
