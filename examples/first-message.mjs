// Links a sandbox device, sends a message, waits until it is read, and receives the answer.
// Needs a running gateway and nothing else:  WAPING_KEY=wap_… node examples/first-message.mjs
import { setTimeout as sleep } from 'node:timers/promises';

const url = process.env.WAPING_URL ?? 'http://127.0.0.1:3000';
const key = process.env.WAPING_KEY;
if (!key) throw new Error('Set WAPING_KEY to the API key that was printed on first start.');

async function api(method, path, body, headers = {}) {
  const response = await fetch(`${url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const reply = await response.json();
  // Errors have a stable code, and a page about it.
  if (!response.ok) throw new Error(`${reply.error.code}: ${reply.error.message} (${url}${reply.error.docs})`);
  return reply;
}

async function until(path, done) {
  for (;;) {
    const reply = await api('GET', path);
    if (done(reply)) return reply;
    await sleep(200);
  }
}

const [shop, customer] = ['+15550001000', '+15550002000'];
await api('POST', '/sandbox/phones', { phone: shop, name: 'Shop' });
await api('POST', '/sandbox/phones', { phone: customer, name: 'Ada', autoRead: true, autoReply: 'Thank you!' });

const device = await api('POST', '/devices', { label: 'Shop', network: 'sandbox' });
await api('POST', `/devices/${device.id}/link`, { method: 'qr' });
const { qr } = await api('GET', `/devices/${device.id}/qr`);
await api('POST', `/sandbox/phones/${shop}/scan`, { qr });
await until(`/devices/${device.id}`, ({ state }) => state === 'connected');
console.log(`${device.id} is connected`);

// The Idempotency-Key makes a retry safe: however often this runs through, the customer sees one message.
const text = { body: 'Your order #12345 is confirmed.' };
const order = { deviceId: device.id, to: customer, type: 'text', text, clientRef: 'order-12345' };
const sent = await api('POST', '/messages', order, { 'idempotency-key': `order-12345-${device.id}` });
await until(`/messages/${sent.id}`, ({ status }) => status === 'read');
const timeline = await api('GET', `/messages/${sent.id}/timeline`);
console.log(`${sent.id}: ${timeline.data.map(({ status }) => status).join(' → ')}`);

const inbox = await until(`/messages?direction=inbound&deviceId=${device.id}`, ({ data }) => data.length > 0);
console.log(`${customer} answers: ${inbox.data[0].text.body}`);
