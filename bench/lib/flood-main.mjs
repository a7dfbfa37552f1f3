// Sends as fast as it is answered, or at given moments, one connection for each recipient, until told to stop; then says
// how many got which status, and when each was sent.
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from './http.mjs';

const BODY = { type: 'text', text: { body: 'Flood' }, requireOnline: false };

process.on('disconnect', () => process.exit(0));
process.once('message', async ({ url, key, deviceId, recipients, moments }) => {
  const counts = {};
  const sentAt = [];
  let stopped = false;
  const told = new Promise((resolve) => {
    process.once('message', () => {
      stopped = true;
      resolve();
    });
  });
  const from = performance.now();
  // Resolves when the next request is due; false: there is none.
  const isDue = async () => {
    const due = moments === undefined ? 0 : moments[sentAt.length];
    if (stopped || due === undefined) return false;
    sentAt.push(Math.max(due, performance.now() - from));
    await sleep(Math.max(0, from + due - performance.now()));
    return !stopped;
  };
  const pool = new Pool(url, recipients.length);
  await pool.each(async (connection, n) => {
    const to = recipients[n];
    while (await isDue()) {
      const { status } = await connection.request('POST', '/v1/messages', { key, body: { ...BODY, deviceId, to } });
      counts[status] = (counts[status] ?? 0) + 1;
    }
  });
  await told;
  pool.close();
  process.send({ counts, sentAt: sentAt.map(Math.round), seconds: (performance.now() - from) / 1000 });
  process.disconnect();
});
