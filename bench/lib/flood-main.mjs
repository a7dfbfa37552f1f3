// Sends as fast as it is answered, one connection for each recipient, until told to stop; then says how many got which status.
import { Pool } from './http.mjs';

const BODY = { type: 'text', text: { body: 'Flood' }, requireOnline: false };

process.on('disconnect', () => process.exit(0));
process.once('message', async ({ url, key, deviceId, recipients }) => {
  const counts = {};
  let stopped = false;
  process.once('message', () => {
    stopped = true;
  });
  const from = performance.now();
  const pool = new Pool(url, recipients.length);
  await pool.each(async (connection, n) => {
    const to = recipients[n];
    while (!stopped) {
      const { status } = await connection.request('POST', '/v1/messages', { key, body: { ...BODY, deviceId, to } });
      counts[status] = (counts[status] ?? 0) + 1;
    }
  });
  pool.close();
  process.send({ counts, seconds: (performance.now() - from) / 1000 });
  process.disconnect();
});
