// One node of chaos.test.ts, on the compiled product: writes its devices' events and sends everybody's, by a clock that
// its parent moves. Ended by SIGKILL only.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebhookSender } from '../../dist/delivery/webhooks/sender.js';
import { recordEvents } from '../../dist/features/events/index.js';
import { replayFailed } from '../../dist/features/webhooks/delivery-store.js';
import { DataKeys } from '../../dist/features/workspaces/index.js';
import { MasterKeys } from '../../dist/platform/crypto/master-keys.js';
import { openDatabase } from '../../dist/platform/db/open.js';
import { createLogger } from '../../dist/platform/log.js';
import { parseAllowList, SafeFetch } from '../../dist/platform/safe-fetch/index.js';

const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 10_000, apiAccess: true, suspended: false };
const CHATS = 40;
let ahead = 0;
const clock = { now: () => new Date(Date.now() + ahead) };

/** Writes what is missing of a device's events, numbered in their data, a handful in a transaction. */
async function write({ db, sender, order, deviceId }) {
  const { workspaceId, each, pauseMs } = order;
  const [row] = await db.query(`select count(*)::int as count from event where workspace_id = $1 and device_id = $2`, [
    workspaceId,
    deviceId,
  ]);
  for (let n = row.count; n < each; ) {
    const size = Math.min(each - n, 1 + Math.floor(Math.random() * 40));
    const events = Array.from({ length: size }, (_, at) => ({
      workspaceId,
      deviceId,
      subjectId: null,
      type: (n + at) % 5 === 0 ? 'test.rare' : 'test.usual',
      data: { n: n + at, conversationId: `${deviceId}/${(n + at) % CHATS}` },
    }));
    await db.tx((tx) => recordEvents(tx, events));
    n += size;
    sender.wake();
    await sleep(Math.random() * 2 * pauseMs);
  }
}

async function run(order) {
  const { dataDir, databaseUrl, masterKey, workspaceId, holder, devices, times, bounds, pauseAfterMs } = order;
  const db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
  const dataKeys = new DataKeys(db, MasterKeys.of(Buffer.from(masterKey)));
  const sender = new WebhookSender({
    db,
    log: createLogger('silent'),
    clock,
    holder,
    fetcher: new SafeFetch({ allow: parseAllowList('127.0.0.1'), times, resolver: async () => [] }),
    limits: { of: async () => LIMITS },
    open: (of, sealed, context) => dataKeys.open(of, sealed, context),
    pauseAfterMs,
    onChange: (rows) => process.send({ changed: rows.map(({ id, state }) => ({ id, state })) }),
    ...(bounds ? { bounds } : {}),
  });
  process.send({ ready: true });
  await Promise.all(devices.map((deviceId) => write({ db, sender, order, deviceId })));
  process.send({ written: true });
  return async (webhookId) => {
    const now = clock.now();
    const again = await replayFailed(db, { workspaceId, webhookId, endedBefore: now, now, limit: 1_000 });
    process.send({ again });
  };
}

let replaying = Promise.resolve();
let running;
process.on('message', (message) => {
  if (message.ahead !== undefined) ahead = message.ahead;
  if (message.run) running = run(message.run);
  if (message.replay) replaying = replaying.then(async () => (await running)(message.replay));
});
process.on('disconnect', () => process.exit(0));
