import { expect, it } from 'vitest';
import { unavailable } from '../../platform/db/db-error.ts';
import type { DeviceBatch, EngineRecord, EngineStore, SessionSpec } from '../port.ts';
import { Committer } from './committer.ts';
import { deferred } from './deferred.ts';

const spec = (deviceId: string, token = 1): SessionSpec => ({
  workspaceId: 'wsp_1',
  deviceId,
  network: 'sandbox',
  token,
  dataKey: new Uint8Array(32),
});
const fact = (at: number): EngineRecord => ({ kind: 'session', fact: { fact: 'connecting' }, at });

/** A store whose commits the test answers. */
class StepStore implements EngineStore {
  readonly calls: { batches: DeviceBatch[]; answer: ReturnType<typeof deferred<{ fenced: string[] }>> }[] = [];
  loadCredentials = async () => null;
  loadKeys = async () => new Map<string, Uint8Array>();
  findSent = async () => null;
  unread = async () => [];
  hasInbound = async () => false;
  nextHistory = async () => null;
  commitHistory = async () => false;
  most: number | undefined;
  mostRecords = (_workspaceIds: readonly string[], most: number) => this.most ?? most;

  commit(batches: readonly DeviceBatch[]): Promise<{ fenced: string[] }> {
    const answer = deferred<{ fenced: string[] }>();
    this.calls.push({ batches: structuredClone([...batches]), answer });
    return answer.promise;
  }
}

function make(retryMs = 1_000, maxRecords = 100) {
  const store = new StepStore();
  const outcomes: string[] = [];
  const committer = new Committer({ store, maxRecords, retryMs, log: () => {} });
  const add = (deviceId: string, records: EngineRecord[], token = 1): void =>
    committer.add({ spec: spec(deviceId, token), records, done: (outcome) => outcomes.push(`${deviceId} ${outcome}`) });
  const calls = (count: number) => expect.poll(() => store.calls.length).toBe(count);
  return { store, committer, outcomes, add, calls };
}

it('keeps one commit in flight and gathers what comes meanwhile', async () => {
  const { store, outcomes, add, calls } = make();
  add('a', [fact(1)]);
  await calls(1);
  add('a', [fact(2)]);
  add('b', [fact(3)]);
  add('a', [fact(4)]);
  expect(store.calls).toHaveLength(1);
  store.calls[0]?.answer.resolve({ fenced: [] });
  await calls(2);
  expect(store.calls[1]?.batches).toMatchObject([
    { deviceId: 'a', records: [fact(2), fact(4)] },
    { deviceId: 'b', records: [fact(3)] },
  ]);
  expect(outcomes).toEqual(['a durable']);
});

it('stores nothing of a stream after something of it that is lost, and goes on with everything else', async () => {
  const { store, committer, outcomes, calls } = make(0);
  const [stream, other] = [{}, {}];
  const add = (name: string, at: number, of?: object): void =>
    committer.add({
      spec: spec('a'),
      records: [fact(at)],
      stream: of,
      done: (outcome) => outcomes.push(`${name} ${outcome}`),
    });
  add('first', 1, stream);
  await calls(1);
  add('second', 2, stream);
  add('of another session', 3, other);
  add('of none', 4);
  store.calls[0]?.answer.reject(unavailable('away'));
  await calls(2);
  expect(store.calls[1]?.batches).toMatchObject([{ records: [fact(3), fact(4)] }]);
  store.calls[1]?.answer.resolve({ fenced: [] });
  await expect.poll(() => outcomes.length).toBe(4);
  expect(outcomes).toEqual(['second lost', 'first lost', 'of another session durable', 'of none durable']);
});

it('bounds a commit but never splits a unit', async () => {
  const { store, add, calls } = make(1_000, 3);
  add('a', [fact(1), fact(2)]);
  add('b', [fact(3), fact(4), fact(5), fact(6)]);
  add('c', [fact(7)]);
  await calls(1);
  expect(store.calls[0]?.batches.map(({ deviceId }) => deviceId)).toEqual(['a']);
  store.calls[0]?.answer.resolve({ fenced: [] });
  await calls(2);
  expect(store.calls[1]?.batches).toMatchObject([{ deviceId: 'b', records: { length: 4 } }]);
});

it('takes no more records than the store wants at the moment', async () => {
  const { store, add, calls } = make();
  store.most = 2;
  for (let at = 1; at <= 3; at++) add('a', [fact(at)]);
  await calls(1);
  expect(store.calls[0]?.batches).toMatchObject([{ records: [fact(1), fact(2)] }]);
  store.most = undefined;
  for (let at = 4; at <= 6; at++) add('a', [fact(at)]);
  store.calls[0]?.answer.resolve({ fenced: [] });
  await calls(2);
  expect(store.calls[1]?.batches).toMatchObject([{ records: { length: 4 } }]);
});

it('tells fenced devices apart, and batches of two tokens of one device', async () => {
  const { store, outcomes, add, calls } = make();
  add('a', [fact(1)], 1);
  add('a', [fact(2)], 2);
  add('b', [fact(3)]);
  await calls(1);
  expect(store.calls[0]?.batches.map(({ deviceId, token }) => `${deviceId}${token}`)).toEqual(['a1', 'a2', 'b1']);
  store.calls[0]?.answer.resolve({ fenced: ['b'] });
  await expect.poll(() => outcomes).toEqual(['a durable', 'a durable', 'b fenced']);
});

it('retries the same units while the store rejects, and settles quiet waiters after them', async () => {
  const { store, committer, outcomes, add, calls } = make(60_000);
  add('a', [fact(1)]);
  await calls(1);
  let quiet = false;
  const waiting = committer.quiet('a').then(() => {
    quiet = true;
  });
  store.calls[0]?.answer.reject(unavailable('away'));
  await calls(2);
  expect(quiet).toBe(false);
  expect(store.calls[1]?.batches).toEqual(store.calls[0]?.batches);
  store.calls[1]?.answer.resolve({ fenced: [] });
  await waiting;
  expect(outcomes).toEqual(['a durable']);
});

it('gives units up when the store stays away, and goes on with later ones', async () => {
  const { store, outcomes, add, calls } = make(0);
  add('a', [fact(1)]);
  await calls(1);
  store.calls[0]?.answer.reject(unavailable('away'));
  await expect.poll(() => outcomes).toEqual(['a lost']);
  add('b', [fact(2)]);
  await calls(2);
  store.calls[1]?.answer.resolve({ fenced: [] });
  await expect.poll(() => outcomes).toEqual(['a lost', 'b durable']);
});

it('drops what a device still has waiting', async () => {
  const { store, committer, outcomes, add, calls } = make();
  add('a', [fact(1)]);
  await calls(1);
  add('a', [fact(2)]);
  add('b', [fact(3)]);
  committer.drop('a');
  expect(outcomes).toEqual(['a lost']);
  store.calls[0]?.answer.resolve({ fenced: [] });
  await calls(2);
  expect(store.calls[1]?.batches.map(({ deviceId }) => deviceId)).toEqual(['b']);
});

const PERSON = { kind: 'person', phone: '+15550001' } as const;
const change = (targetWaId: string): EngineRecord => ({
  kind: 'change',
  change: {
    ...{ waId: `C${targetWaId}`, chat: PERSON, sender: PERSON, fromMe: false, at: 1, targetWaId },
    change: { type: 'reaction', emoji: '👍' },
  },
});
const message = (waId: string): EngineRecord => ({
  kind: 'inbound',
  message: {
    ...{ waId, chat: PERSON, sender: PERSON, fromMe: false, sentAt: 1, offline: false },
    content: { type: 'location', location: { latitude: 0, longitude: 0 } },
  },
});
const keys = (id: string): EngineRecord => ({ kind: 'keys', entries: [{ type: 'session', id, sealed: null }] });

/** A store that cannot hold records of which `isBad` says so, and keeps the rest. */
class ChoosyStore extends StepStore {
  readonly kept: EngineRecord[] = [];
  readonly #isBad: (record: EngineRecord) => boolean;
  constructor(isBad: (record: EngineRecord) => boolean) {
    super();
    this.#isBad = isBad;
  }
  override async commit(batches: readonly DeviceBatch[]): Promise<{ fenced: string[] }> {
    const records = batches.flatMap((batch) => batch.records);
    if (records.some(this.#isBad)) throw new TypeError('not to be stored');
    this.kept.push(...records);
    return { fenced: [] };
  }
}

function choosy(isBad: (record: EngineRecord) => boolean) {
  const store = new ChoosyStore(isBad);
  const outcomes: string[] = [];
  const logged: string[] = [];
  const committer = new Committer({ store, maxRecords: 100, retryMs: 60_000, log: (text) => logged.push(text) });
  const add = (deviceId: string, records: EngineRecord[]): void =>
    committer.add({ spec: spec(deviceId), records, done: (outcome) => outcomes.push(`${deviceId} ${outcome}`) });
  return { store, outcomes, logged, add };
}

it('stores all but the one record that cannot be stored, with what it was in its place and its keys after it', async () => {
  const { store, outcomes, add } = choosy(
    (one) => one.kind === 'inbound' && one.message.waId === 'BAD' && one.message.content.type === 'location',
  );
  add('a', [fact(1)]);
  add('b', [keys('1'), message('GOOD'), message('BAD'), change('X')]);
  add('c', [fact(2)]);
  await expect.poll(() => outcomes).toEqual(['a durable', 'b durable', 'c durable']);
  const unsupported = {
    content: { type: 'unsupported', unsupported: { kind: 'location' } },
    waId: 'BAD',
    chat: PERSON,
  };
  expect(store.kept).toMatchObject([
    fact(1),
    message('GOOD'),
    { kind: 'inbound', message: unsupported },
    change('X'),
    keys('1'),
    fact(2),
  ]);
});

it('leaves out a record for which nothing can stand, and says so', async () => {
  const { store, outcomes, logged, add } = choosy((one) => one.kind === 'change' && one.change.targetWaId === 'BAD');
  add('a', [change('BAD'), change('GOOD')]);
  await expect.poll(() => outcomes).toEqual(['a durable']);
  expect(store.kept).toEqual([change('GOOD')]);
  expect(logged).toContain('a record that cannot be stored was left out');
});

it('gives up the session alone whose own state cannot be stored', async () => {
  const { store, outcomes, add } = choosy((one) => one.kind === 'keys');
  add('a', [keys('1'), message('M')]);
  add('b', [fact(1)]);
  await expect.poll(() => outcomes).toEqual(['a lost', 'b durable']);
  expect(store.kept).toEqual([message('M'), fact(1)]);
});
