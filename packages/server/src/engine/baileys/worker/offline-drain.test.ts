import type { BinaryNode } from 'baileys';
import { expect, it, vi } from 'vitest';
import { OfflineDrain } from './offline-drain.ts';

const message = (id: string, attrs: Record<string, string> = {}): BinaryNode => ({
  tag: 'message',
  attrs: { id, offline: '0', ...attrs },
  content: [{ tag: 'enc', attrs: {}, content: Buffer.from('x') }],
});

function scene() {
  const told: number[] = [];
  const drain = new OfflineDrain((messages) => told.push(messages));
  drain.begin();
  return { told, drain };
}

it('tells the end once the connection is open and every message seen was opened', () => {
  const { told, drain } = scene();
  drain.seen(message('A'));
  drain.seen(message('B'));
  drain.end();
  drain.opened('A');
  drain.open();
  expect(told).toEqual([]);
  drain.opened('B');
  drain.opened('B');
  expect(told).toEqual([2]);
});

it('counts neither what came live nor what the phone says to its devices', () => {
  const { told, drain } = scene();
  drain.seen({ tag: 'message', attrs: { id: 'L' }, content: [] });
  drain.seen(message('P', { category: 'peer' }));
  drain.open();
  drain.end();
  expect(told).toEqual([0]);
});

it('does not wait for what WhatsApp withholds', () => {
  const { told, drain } = scene();
  drain.seen({ ...message('A'), content: [{ tag: 'unavailable', attrs: {} }] });
  drain.open();
  drain.end();
  expect(told).toEqual([1]);
});

it('gives a message up that is never opened, once no other was for a while', () => {
  vi.useFakeTimers();
  try {
    const { told, drain } = scene();
    for (const id of ['A', 'B', 'C']) drain.seen(message(id));
    drain.open();
    drain.end();
    for (const id of ['A', 'B']) {
      vi.advanceTimersByTime(15_000);
      drain.opened(id);
    }
    vi.advanceTimersByTime(15_000);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(5_000);
    expect(told).toEqual([3]);
  } finally {
    vi.useRealTimers();
  }
});

it('says nothing of a connection that ended first, and starts anew with the next', () => {
  const { told, drain } = scene();
  drain.seen(message('A'));
  drain.end();
  drain.open();
  drain.stop();
  drain.opened('A');
  expect(told).toEqual([]);
  drain.begin();
  drain.open();
  drain.end();
  expect(told).toEqual([0]);
});
