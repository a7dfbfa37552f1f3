import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type EventStream, sendEvents, sseEvent, watchStream } from './sse.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Time goes by in rests of five seconds. */
const rest = async () => {
  vi.setSystemTime(Date.now() + 5_000);
};

async function sentBy(stream: Partial<EventStream> & Pick<EventStream, 'next'>): Promise<string[]> {
  const sent: string[] = [];
  for await (const text of sendEvents({ askMs: 0, maxMs: 60_000, rest, ...stream })) sent.push(text);
  return sent;
}

it('writes an event with its name, its place and its data on a line each', () => {
  expect(sseEvent('link', { a: 1 })).toBe('event: link\ndata: {"a":1}\n\n');
  expect(sseEvent(null, { text: 'two\nlines' }, 'here')).toBe('id: here\ndata: {"text":"two\\nlines"}\n\n');
});

it('says that it lives every 15 seconds in which nothing came, with the place to go on from', async () => {
  const texts = ['one', '', '', '', 'two', '', '', '', ''];
  const next = async () => texts.shift() ?? null;
  const alive = ': keep-alive\nid: here\n\n';
  expect(await sentBy({ next, keepAlive: () => 'id: here\n' })).toEqual(['one', alive, 'two', alive]);
});

it('ends at its time', async () => {
  let turns = 0;
  const next = async () => String(++turns);
  expect(await sentBy({ next, maxMs: 12_000 })).toEqual(['1', '2', '3']);
});

it('asks whether it may go on before it sends, as often as it was told to, and says nothing more when not', async () => {
  const asked: number[] = [];
  const from = Date.now();
  const mayGoOn = async () => asked.push(Date.now() - from) < 3;
  expect(await sentBy({ next: async () => 'x', mayGoOn, askMs: 10_000 })).toEqual(['x', 'x', 'x', 'x']);
  expect(asked).toEqual([0, 10_000, 20_000]);
});

it('watches: sends what has changed, ends with the last, and with nothing', async () => {
  const values = [1, 1, 2, 2, 3];
  const read = async () => values.shift() ?? null;
  const watched = watchStream({ event: 'n', read, isLast: (n) => n === 3, everyMs: 1, maxMs: 60_000 });
  const sent: string[] = [];
  for await (const text of watched) sent.push(text);
  expect(sent).toEqual([1, 2, 3].map((n) => sseEvent('n', n)));
  const none = watchStream({ event: 'n', read: async () => null, isLast: () => false, everyMs: 1, maxMs: 60_000 });
  expect(await none.next()).toEqual({ done: true, value: undefined });
});
