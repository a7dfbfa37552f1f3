// The same as first-message.mjs, and more, with the client: links a sandbox device by its stream of events, sends from a
// template, follows the message and reads every page of the inbox.
// Needs a running gateway and a built client (npm run build):  WAPING_KEY=wap_… node examples/typescript-client.mjs
import { setTimeout as sleep } from 'node:timers/promises';
import { isWapingError, Waping } from '@waping/client';

const apiKey = process.env.WAPING_KEY;
if (!apiKey) throw new Error('Set WAPING_KEY to the API key that was printed on first start.');
const waping = new Waping({ url: process.env.WAPING_URL ?? 'http://127.0.0.1:3000', apiKey });

const [shop, customer] = ['+15550001000', '+15550002000'];
await waping.sandbox.createPhone({ phone: shop, name: 'Shop' });
await waping.sandbox.createPhone({ phone: customer, name: 'Ada', autoRead: true, autoReply: 'Thank you!' });

const { id: deviceId } = await waping.devices.create({ label: 'Shop', network: 'sandbox' });
await waping.devices.link(deviceId, { method: 'qr' });
let shown;
for await (const { data } of waping.devices.linkEvents(deviceId)) {
  if (data.qr === null || data.qr === shown) continue;
  shown = data.qr;
  await waping.sandbox.scan(shop, { qr: data.qr });
}
console.log(`${deviceId} is linked`);

// It may be there from an earlier run.
await waping.templates
  .create({
    name: 'order_confirmed',
    language: 'en',
    type: 'text',
    text: { body: 'Hello {{name}}, your order {{order}} is confirmed.' },
  })
  .catch((error) => {
    if (!isWapingError(error, 'CONFLICT')) throw error;
  });

const template = { name: 'order_confirmed', language: 'en', variables: { name: 'Ada', order: '12345' } };
const sent = await waping.messages.send(
  { deviceId, to: customer, type: 'template', template },
  { idempotencyKey: `order-12345-${deviceId}` },
);
for (let status = sent.status; status !== 'read'; { status } = await waping.messages.get(sent.id)) await sleep(200);
const timeline = await waping.messages.timeline(sent.id);
console.log(`"${sent.text.body}" went ${timeline.data.map(({ status }) => status).join(' → ')}`);

for (let answers = 0; answers === 0; await sleep(200)) {
  for await (const { phone, text } of waping.messages.all({ deviceId, direction: 'inbound' })) {
    answers += 1;
    console.log(`${phone} answers: ${text.body}`);
  }
}
