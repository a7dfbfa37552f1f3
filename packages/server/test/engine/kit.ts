import { type Network, type NetworkOptions, startNetwork } from '@waping/sandbox';
import { createBaileysEngine, type PartialEngineOptions } from '../../src/engine/baileys/index.ts';
import type { NetworkEndpoint } from '../../src/engine/endpoint.ts';
import type { Engine, Outbound, SessionSpec } from '../../src/engine/port.ts';
import { MemoryStore } from './memory-store.ts';

/** A sandbox, a store and an engine between them. */
export interface Stage extends AsyncDisposable {
  network: Network;
  store: MemoryStore;
  engine: Engine;
  /** What the engine logged. */
  logged: string[];
  /** Ends the engine and starts another on the same store and network. */
  restart(): Promise<void>;
}

const noLogger = (logged: string[]) => {
  const take = (fields: Record<string, string | number>, text: string): void => {
    logged.push(`${text} ${Object.values(fields).join(' ')}`);
  };
  return { debug: take, info: take, warn: take, error: take };
};

export async function stage(
  network: NetworkOptions = {},
  options: PartialEngineOptions = {},
  endpoint: Partial<NetworkEndpoint> = {},
): Promise<Stage> {
  const net = await startNetwork({ seed: 'engine', ...network });
  // Its certificates lie in a file only where a directory was given.
  const { caFile } = net.core.media;
  const media = caFile === undefined ? {} : { caFile, mediaHost: net.mediaHost };
  const store = new MemoryStore();
  const logged: string[] = [];
  const engine = () =>
    createBaileysEngine({
      endpoints: [{ network: 'sandbox', url: net.url, rootKey: net.rootKey.toString('hex'), ...media, ...endpoint }],
      store,
      log: noLogger(logged),
      options: {
        workersPerNetwork: 1,
        restartBaseMs: 50,
        ...options,
        worker: { reconnectBaseMs: 50, reconnectCapMs: 2_000, ...options.worker },
      },
    });
  const made: Stage = {
    network: net,
    store,
    engine: engine(),
    logged,
    restart: async () => {
      await made.engine[Symbol.asyncDispose]();
      made.engine = engine();
    },
    [Symbol.asyncDispose]: async () => {
      store.failing = false;
      store.resume();
      await made.engine[Symbol.asyncDispose]();
      await net.close();
    },
  };
  return made;
}

export const spec = (deviceId: string, token = 1): SessionSpec => ({
  workspaceId: 'wsp_1',
  deviceId,
  network: 'sandbox',
  token,
  dataKey: new Uint8Array(32).fill(7),
});

/** Links `deviceId` to the phone `number` by QR and waits until it is open. */
export async function linked({ network, store, engine }: Stage, deviceId: string, number: string): Promise<void> {
  const from = store.facts(deviceId).length;
  await engine.link(spec(deviceId), { method: 'qr' });
  const { text } = await store.fact(deviceId, 'qr', from);
  await network.account(number).phone.scan(text);
  await store.fact(deviceId, 'open', from);
}

let last = 0;

export function text(to: string, body: string): Outbound {
  last += 1;
  const waId = `3EB0${String(last).padStart(18, '0')}`;
  return {
    messageId: `msg_${last}`,
    waId,
    to: { kind: 'person', phone: to },
    content: { type: 'text', text: { body } },
  };
}
