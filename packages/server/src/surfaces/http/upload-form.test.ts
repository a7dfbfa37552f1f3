import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readUploadForm } from './upload-form.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An upload under way: what became of it, and the means to send more. */
function upload() {
  const raw = new IncomingMessage(new Socket());
  raw.headers = { 'content-type': 'multipart/form-data; boundary=b' };
  let outcome: unknown = 'open';
  const unread = readUploadForm(raw, async () => {
    throw new Error('no file comes');
  });
  unread.catch((error: unknown) => {
    outcome = error;
  });
  return { raw, outcome: () => outcome };
}

const refused = { code: 'VALIDATION_ERROR', message: expect.stringContaining('stopped arriving, or comes too slowly') };

it('gives up a form of which nothing comes', async () => {
  const { outcome } = upload();
  await vi.advanceTimersByTimeAsync(29_000);
  expect(outcome()).toBe('open');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(outcome()).toMatchObject(refused);
});

it('gives up a form that drips, and waits for one that is slow', async () => {
  const [drips, slow] = [upload(), upload()];
  const chunks = (count: number, bytes: number) => Buffer.alloc(count * bytes, 'x');
  for (let second = 0; second < 60; second += 20) {
    drips.raw.push(chunks(1, 1));
    slow.raw.push(chunks(20, 5_000));
    await vi.advanceTimersByTimeAsync(20_000);
  }
  expect(drips.outcome()).toMatchObject(refused);
  expect(slow.outcome()).toBe('open');
  await vi.advanceTimersByTimeAsync(31_000);
  expect(slow.outcome()).toMatchObject(refused);
});
