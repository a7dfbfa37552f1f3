import { expect, it } from 'vitest';
import { WapingError } from '../errors.ts';
import { DatabaseError } from './db-error.ts';
import { readReply } from './wire-reader.ts';

function message(tag: string, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  const head = Buffer.alloc(5);
  head.write(tag);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const refusal = (sqlstate: string): Buffer => message('E', 'SERROR', `C${sqlstate}`, 'Mno', Buffer.from([0]));
const ready = message('Z', Buffer.from('I'));

it('refuses an answer that was cut short', () => {
  const whole = Buffer.concat([message('C', 'SELECT 1'), ready]);
  expect(readReply(whole).tags).toEqual(['SELECT 1']);
  expect(() => readReply(whole.subarray(0, whole.length - 1))).toThrow('cut short');
});

it('tells a refused statement from a database that cannot serve', () => {
  expect(readReply(Buffer.concat([refusal('23505'), ready])).error).toBeInstanceOf(DatabaseError);
  for (const outage of ['53100', '57P01', '58030', '25006', 'XX001']) {
    const { error } = readReply(Buffer.concat([refusal(outage), ready]));
    expect(error).toBeInstanceOf(WapingError);
    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
  }
});

it('keeps the first error of a pipeline', () => {
  const reply = readReply(Buffer.concat([refusal('23505'), refusal('25P02'), ready]));
  expect(reply.error).toMatchObject({ sqlstate: '23505' });
});
