import { proto } from 'baileys';
import { expect, it } from 'vitest';
import { FieldStream, fieldsOf } from './wire.ts';

const history = proto.HistorySync.encode(
  proto.HistorySync.fromObject({
    syncType: 3,
    progress: 300,
    conversations: [
      { id: '1@s.whatsapp.net', unreadCount: 2 },
      { id: '2@s.whatsapp.net', name: 'x'.repeat(5_000) },
    ],
    pushnames: [{ id: '1@s.whatsapp.net', pushname: 'Ada' }],
  }),
).finish();

it.each([1, 7, 4_096, 100_000])('reads the same fields from pieces of %d bytes as from the whole', (size) => {
  const stream = new FieldStream(10_000);
  const read: unknown[] = [];
  for (let at = 0; at < history.length; at += size) {
    for (const { no, value } of stream.push(history.subarray(at, at + size)))
      read.push([no, typeof value === 'number' ? value : Buffer.from(value).toString('hex')]);
  }
  stream.end();
  const whole = Array.from(fieldsOf(history), ({ no, value }) => [
    no,
    typeof value === 'number' ? value : Buffer.from(value).toString('hex'),
  ]);
  expect(read).toEqual(whole);
  expect(read.map((one) => (Array.isArray(one) ? one[0] : 0))).toEqual([1, 2, 2, 6, 7]);
  expect(read).toContainEqual([6, 300]);
});

it('refuses a field above its bound, one that is cut off and bytes that are no message', () => {
  expect(() => new FieldStream(1_000).push(history)).not.toThrow();
  expect(() => new FieldStream(1_000).push(history.subarray(0, 100))).toThrow('too large');
  const cut = new FieldStream(10_000);
  cut.push(history.subarray(0, history.length - 1));
  expect(() => cut.end()).toThrow('cut off');
  expect(() => [...fieldsOf(history.subarray(0, 20))]).toThrow('cut off');
  expect(() => [...fieldsOf(Uint8Array.of(0x0b))]).toThrow('unknown type');
  expect(() => [...fieldsOf(new Uint8Array(12).fill(0xff))]).toThrow('too long');
});
