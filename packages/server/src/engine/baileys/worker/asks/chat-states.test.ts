import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ChatStates, MAX_CHATS, SHOWN_MS } from './chat-states.ts';

let sent: string[];
let states: ChatStates;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  states = new ChatStates(async (state, jid) => sent.push(`${jid} ${state}`));
});
afterEach(() => {
  vi.useRealTimers();
});

it('ends typing by itself, once, counted from when it was last renewed', async () => {
  await states.set('a', 'composing');
  vi.advanceTimersByTime(SHOWN_MS - 1);
  await states.set('a', 'recording');
  vi.advanceTimersByTime(SHOWN_MS - 1);
  expect(sent).toEqual(['a composing', 'a recording']);
  vi.advanceTimersByTime(1);
  vi.advanceTimersByTime(10 * SHOWN_MS);
  expect(sent).toEqual(['a composing', 'a recording', 'a paused']);
});

it('ends nothing twice that was ended by hand, and nothing of a connection that is gone', async () => {
  await states.set('a', 'composing');
  await states.set('a', 'paused');
  await states.set('b', 'composing');
  states.clear();
  vi.advanceTimersByTime(2 * SHOWN_MS);
  expect(sent).toEqual(['a composing', 'a paused', 'b composing']);
});

it('shows typing in a bounded number of chats: the one shown longest ends early', async () => {
  for (let i = 0; i <= MAX_CHATS; i++) await states.set(`chat${i}`, 'composing');
  expect(sent.filter((line) => line.endsWith('paused'))).toEqual(['chat0 paused']);
  vi.advanceTimersByTime(SHOWN_MS);
  expect(sent.filter((line) => line.endsWith('paused'))).toHaveLength(MAX_CHATS + 1);
});
