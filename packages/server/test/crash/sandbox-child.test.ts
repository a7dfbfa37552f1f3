import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550001000';
const CUSTOMER = '+15550002000';
const readySchema = z.object({ pid: z.number(), url: z.string(), mediaHost: z.string() });

it('a sandbox network that is killed comes back, with its devices, phones and what is sent meanwhile', async () => {
  await using server = await TestServer.start();
  const { api, dataDir } = server;
  const ready = async () =>
    readySchema.safeParse(
      JSON.parse(await readFile(path.join(dataDir, 'sandbox', 'ready.json'), 'utf8').catch(() => 'null')),
    ).data;
  const deviceId = await linkSandboxDevice(api, SHOP);
  await expectOk(api.post('/v1/sandbox/phones', { phone: CUSTOMER, autoRead: true }));
  // The network writes its state down a moment after each change; a kill before that is a power cut in the simulation.
  const state = () => readFile(path.join(dataDir, 'sandbox', 'state.json'), 'utf8').catch(() => '');
  await expect.poll(state, { timeout: 30_000 }).toContain(CUSTOMER.slice(1));
  const before = await ready();
  if (!before) throw new Error('the sandbox is not ready');
  for (let deaths = 0; deaths < 2; deaths++) {
    const { pid } = (await ready()) ?? before;
    process.kill(pid, 'SIGKILL');
    const body = { deviceId, to: CUSTOMER, type: 'text', text: { body: `After death ${deaths}` } };
    const { id } = await expectOk(api.post('/v1/messages', body));
    await api.until(`/v1/messages/${id}`, (message) => message['status'] === 'read');
    expect(await ready()).toMatchObject({ url: before.url, mediaHost: before.mediaHost });
  }
});
