// Started by process.test.ts: an engine that begins to link, tells its worker's process id, and waits to be killed.
import { createBaileysEngine } from '../../dist/engine/baileys/index.js';

const [, , url, rootKey] = process.argv;
const quiet = () => {};
const engine = createBaileysEngine({
  endpoints: [{ network: 'sandbox', url, rootKey }],
  store: {
    loadCredentials: async () => null,
    loadKeys: async () => new Map(),
    findSent: async () => null,
    hasInbound: async () => false,
    commit: async (batches) => {
      const shown = batches.some(({ records }) => records.some((one) => one.fact?.fact === 'qr'));
      if (shown) process.stdout.write(`${engine.workers()[0].pid}\n`);
      return { fenced: [] };
    },
  },
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
});
const spec = { workspaceId: 'wsp_1', deviceId: 'dev_1', network: 'sandbox', token: 1, dataKey: new Uint8Array(32) };
await engine.link(spec, { method: 'qr' });
