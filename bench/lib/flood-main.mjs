// Sends as fast as it is answered, from many connections, until told to stop; then says how many got which status.
import { Pool } from './http.mjs';

const BODY = { to: '+4915110000001', type: 'text', text: { body: 'Flood' }, requireOnline: false };

process.on('disconnect', () => process.exit(0));
process.once('message', async ({ url, key, deviceId, connections }) => {
  const counts = {};
  let stopped = false;
  process.once('message', () => {
    stopped = true;
  });
  const from = performance.now();
  const pool = new Pool(url, connections);
  await pool.each(async (connection, n) => {
    const to = `+49151${20_000_000 + n}`;
    while (!stopped) {
      const { status } = await connection.request('POST', '/v1/messages', { key, body: { ...BODY, deviceId, to } });
      counts[status] = (counts[status] ?? 0) + 1;
    }
  });
  pool.close();
  process.send({ counts, seconds: (performance.now() - from) / 1000 });
  process.disconnect();
});
