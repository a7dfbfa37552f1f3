import { recipientNumbers } from './numbers.mjs';

const BATCH = 100;

/** Makes `count` events: messages that are held for a device nobody has linked. */
export async function holdMessages(gateway, deviceId, count) {
  const to = recipientNumbers(BATCH);
  for (let left = count; left > 0; left -= BATCH) {
    const messages = to.slice(0, Math.min(left, BATCH)).map((phone) => ({
      deviceId,
      to: phone,
      type: 'text',
      text: { body: 'Your order #12345 is confirmed.' },
      requireOnline: false,
    }));
    await gateway.call('POST', '/v1/messages/batch', { messages });
  }
}
