import { describe, expect, it } from 'vitest';
import { compareCursors, cursorText, LOG_START, openCursor } from './cursor.ts';
import { LogEntry } from './entry.ts';
import { expandTypes, matches, typesOf } from './filter.ts';
import { Inbox } from './inbox.ts';

const WORKSPACE = 'ws_01jd8k3v5q7w9x2y4z6a8b0c1d';
const OTHER = 'ws_01jd8k3v5q7w9x2y4z6a8b0c1e';

const entry = (sequence: number, text = '') =>
  new LogEntry(WORKSPACE, {
    id: 'evt_01jd8k3v5q7w9x2y4z6a8b0c1d',
    device_id: null,
    type: 'job.succeeded',
    api_version: '2026-11-01',
    data: { text },
    created_at: new Date(0),
    sequence: String(sequence),
    tx: '7',
  });

const inbox = (bounds = { events: 3, characters: 10_000 }) =>
  new Inbox({ from: LOG_START, wants: ({ sequence }) => Number(sequence) < 90, bounds });
const never = new AbortController().signal;

describe('an inbox', () => {
  it('hands out what came, in order and once, and nothing that is not wanted', () => {
    const box = inbox();
    for (const n of [1, 90, 2]) box.put(entry(n));
    expect(box.take().map(({ sequence }) => sequence)).toEqual(['1', '2']);
    expect([box.isEmpty, box.isFull, box.take()]).toEqual([true, false, []]);
  });

  it.each([
    ['events', { events: 2, characters: 10_000 }, ''],
    ['characters', { events: 9, characters: 1_000 }, 'x'.repeat(400)],
  ])('is full at its bound of %s, keeps nothing then and takes nothing more', (_of, bounds, text) => {
    const box = inbox(bounds);
    for (let n = 1; n <= 3; n += 1) box.put(entry(n, text));
    expect([box.isFull, box.take()]).toEqual([true, []]);
    box.put(entry(4));
    expect(box.take()).toEqual([]);
  });

  it('takes one event however long it is', () => {
    const box = inbox({ events: 1, characters: 1 });
    box.put(entry(1, 'x'.repeat(5_000)));
    expect([box.isFull, box.take().length]).toEqual([false, 1]);
  });

  it('wakes whoever waits when something comes, at its end, after the time, and when the reader leaves', async () => {
    const box = inbox();
    const waiting = box.wait(60_000, never);
    box.put(entry(1));
    await waiting;
    await box.wait(60_000, never);
    box.take();
    await box.wait(1, never);
    const gone = new AbortController();
    const left = box.wait(60_000, gone.signal);
    gone.abort();
    await left;
    const last = box.wait(60_000, never);
    box.end();
    await last;
    expect(box.isOver).toBe(true);
  });
});

describe('a cursor', () => {
  const at = { tx: '123456789012', sequence: '42' };

  it('opens as it was written, in its own workspace alone', () => {
    expect(openCursor(WORKSPACE, cursorText(WORKSPACE, at))).toEqual(at);
    expect(openCursor(WORKSPACE, '0')).toBe(LOG_START);
    expect(() => openCursor(OTHER, cursorText(WORKSPACE, at))).toThrow('another workspace');
    for (const bad of [
      '',
      'x',
      '1',
      Buffer.from('a.1.2').toString('base64url'),
      cursorText(WORKSPACE, at).slice(0, -4),
    ])
      expect(() => openCursor(OTHER, bad), bad).toThrow('cursor');
  });

  it('compares as numbers of any length', () => {
    const before = (a: [string, string], b: [string, string]) =>
      compareCursors({ tx: a[0], sequence: a[1] }, { tx: b[0], sequence: b[1] });
    expect(before(['9', '1'], ['10', '1'])).toBeLessThan(0);
    expect(before(['10', '9'], ['10', '10'])).toBeLessThan(0);
    expect(before(['11', '1'], ['10', '99'])).toBeGreaterThan(0);
    expect(before(['10', '1'], ['10', '1'])).toBe(0);
  });
});

describe('a filter', () => {
  it('takes types and beginnings of types, and refuses what is neither', () => {
    expect(typesOf(undefined)).toBeNull();
    expect(typesOf('key.created,key.created')).toEqual(['key.created']);
    expect(expandTypes(['media.*'])).toEqual(['media.ready', 'media.failed', 'media.deleted']);
    for (const bad of ['', 'media', 'media.', '*', '.*', 'media.*.*', 'constructor', 'nothing.*'])
      expect(() => expandTypes([bad]), bad).toThrow('types');
  });

  it('lets nothing of no device through to who is held to devices', () => {
    const filter = { types: null, deviceId: null, devices: ['dev_a'] };
    const seen = (device_id: string | null) => matches(filter, { type: 'x', device_id });
    expect([seen('dev_a'), seen('dev_b'), seen(null)]).toEqual([true, false, false]);
    expect(matches({ ...filter, deviceId: 'dev_b' }, { type: 'x', device_id: 'dev_a' })).toBe(false);
    expect(matches({ ...filter, types: ['y'] }, { type: 'x', device_id: 'dev_a' })).toBe(false);
  });
});
