import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startNetwork, toConversation } from '@waping/sandbox';
import { expect, it } from 'vitest';
import { createBaileysEngine } from '../../src/engine/baileys/index.ts';
import { spec } from './kit.ts';
import { MemoryStore } from './memory-store.ts';

const nothing = (): void => {};

it('looks for blobs without an address at its own network’s media host, never on the internet', async () => {
  const caDir = await mkdtemp(path.join(tmpdir(), 'waping-ca-'));
  await using network = await startNetwork({ seed: 'media-host', caDir });
  const { caFile, blobs } = network.core.media;
  const asked: string[] = [];
  const get = blobs.get.bind(blobs);
  blobs.get = (name) => {
    asked.push(name);
    return get(name);
  };
  const account = network.account('+15550001');
  const messages = [{ id: 'A1', fromMe: false, message: { conversation: 'earlier' }, at: 1_700_000_000 }];
  account.phone.history = {
    conversations: [toConversation({ chat: '15550002@s.whatsapp.net', messages })],
    pushnames: [],
    delivery: 'external',
  };
  const store = new MemoryStore();
  await using engine = createBaileysEngine({
    endpoints: [
      {
        network: 'sandbox',
        url: network.url,
        rootKey: network.rootKey.toString('hex'),
        mediaHost: network.mediaHost,
        ...(caFile === undefined ? {} : { caFile }),
      },
    ],
    store,
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  });
  await engine.link(spec('dev_a'), { method: 'qr' });
  await account.phone.scan((await store.fact('dev_a', 'qr')).text);
  await store.fact('dev_a', 'open');
  await expect.poll(() => asked.length, { timeout: 60_000 }).toBeGreaterThan(0);
  expect(asked.every((name) => blobs.get(name) !== undefined)).toBe(true);
  await rm(caDir, { recursive: true, force: true });
});
