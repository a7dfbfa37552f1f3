import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, type Json, objectOf, rowsOf } from '../../kit/api.ts';
import type { Lane } from './lane.ts';
import type { World } from './world.ts';

/** After so long without any change nothing more will come. */
const STALLED_MS = 60_000;
const POLL_MS = 250;
const WAITING = ['queued', 'held', 'sending'] as const;
const BEFORE = { read: 'delivered', delivered: 'sent', sent: 'sending' } as const;
const INBOX_LIMIT = 10_000;

/** What became of everything that was ever accepted or received. Every list names offenders, so all must be empty. */
export interface Verdict {
  sends: number;
  inbound: number;
  lost: string[];
  doubled: string[];
  /** Chats whose messages a phone showed in another order than they were accepted in. */
  disordered: string[];
  /** Messages without their final status. */
  stuck: string[];
  /** Idempotency-Keys that do not answer with the id they answered with first. */
  forgotten: string[];
  /** Messages in the API's list that no client was told of, or told of under another id. */
  strange: string[];
  /** Messages that could not be opened at first, by phones (how many) and by devices (why): keys would have been lost. */
  unreadable: { phones: number; devices: string[] };
  figures: Record<string, number>;
}

/** Waits until nothing is on its way any more, then compares both ends of every message. */
export async function judge(world: World, api: ApiClient): Promise<Verdict> {
  for (const lane of world.lanes) await finish(lane, api);
  const from = Date.now();
  await settle(world, api);
  const settledMs = Date.now() - from;
  const verdict: Verdict = {
    sends: world.lanes.reduce((sum, lane) => sum + lane.accepted.length, 0),
    inbound: world.inbound.length,
    lost: [],
    doubled: [],
    disordered: [],
    stuck: [],
    forgotten: [],
    strange: [],
    unreadable: { phones: 0, devices: [] },
    figures: {},
  };
  let again = 0;
  for (const lane of world.lanes) again += await judgeChat(world, lane, verdict);
  await judgeOutbound(world, api, verdict);
  await judgeInbound(world, api, verdict);
  for (const lane of world.lanes) await judgeKeys(lane, api, verdict);
  const { logins, duplicateDeliveries, decryptFailures } = await world.control.call('stats', {});
  verdict.unreadable.phones = decryptFailures;
  verdict.figures = {
    'answers got by asking again': world.lanes.reduce((sum, lane) => sum + lane.replayed, 0),
    'sent again under the same id': again,
    'arrivals a phone had already shown': duplicateDeliveries,
    'log-ins at the network': logins,
    'ms until all had arrived': settledMs,
  };
  return verdict;
}

/** A client does not leave a request without an answer. */
async function finish(lane: Lane, api: ApiClient): Promise<void> {
  while (!(await lane.post(api))) await sleep(50);
}

/**
 * Ends when every message has its final status and every text of the people is stored. Also when nothing has moved for
 * a while: the lists then say what is missing.
 */
async function settle(world: World, api: ApiClient): Promise<void> {
  let seen = '';
  let movedAt = Date.now();
  while (Date.now() - movedAt < STALLED_MS) {
    const open = await firstOpen(world, api);
    if (open.length === 0) return;
    const { messages } = await world.control.call('stats', {});
    const now = `${open.join()} ${messages}`;
    if (now !== seen) movedAt = Date.now();
    seen = now;
    await sleep(POLL_MS);
  }
}

/** The oldest message of every kind that is not where it will end. */
async function firstOpen(world: World, api: ApiClient): Promise<string[]> {
  const short = world.people.map(({ phone, ends }) => `status=${BEFORE[ends]}&phone=${encodeURIComponent(phone)}`);
  const queries = [...WAITING.map((status) => `status=${status}`), ...short];
  const rows = await Promise.all(
    queries.map(async (query) => rowsOf((await api.get(`/v1/messages?${query}&order=asc&limit=1`)).body)),
  );
  const open = rows.flat().map((row) => String(row['id']));
  if (open.length > 0) return open;
  const arrived = await list(api, 'direction=inbound');
  return arrived.length < world.inbound.length ? [`inbound ${arrived.length}`] : [];
}

/** Compares what a phone shows with what was accepted for it. Returns how often a message came again unseen. */
async function judgeChat({ control }: World, lane: Lane, verdict: Verdict): Promise<number> {
  const { messages } = await control.call('phones.inbox', { number: lane.to, own: false, limit: INBOX_LIMIT });
  const shown = messages.filter(({ text }) => text?.startsWith(`${lane.name} `));
  const texts = shown.map(({ text }) => text ?? '');
  const count = (text: string): number => texts.filter((one) => one === text).length;
  for (const { text } of lane.accepted) {
    const times = count(text);
    if (times === 0) verdict.lost.push(text);
    if (times > 1) verdict.doubled.push(text);
  }
  const known = new Set(lane.accepted.map(({ text }) => text));
  verdict.strange.push(...texts.filter((text) => !known.has(text)));
  const wanted = lane.accepted.map(({ text }) => text).filter((text) => count(text) > 0);
  if ([...new Set(texts)].join('\n') !== wanted.join('\n')) verdict.disordered.push(lane.name);
  return shown.reduce((sum, { duplicates }) => sum + duplicates, 0);
}

async function judgeOutbound(world: World, api: ApiClient, verdict: Verdict): Promise<void> {
  const rows = new Map((await list(api, 'direction=outbound')).map((row) => [String(row['id']), row]));
  const ends = new Map<string, string>(world.people.map((person) => [person.phone, person.ends]));
  for (const lane of world.lanes) {
    const final = ends.get(lane.to);
    for (const { id, text } of lane.accepted) {
      const row = rows.get(id);
      rows.delete(id);
      if (row === undefined) verdict.lost.push(`${text}: no row`);
      else if (row['status'] !== final)
        verdict.stuck.push(`${text}: ${String(row['status'])} ${JSON.stringify(row['error'])}`);
    }
  }
  verdict.strange.push(...[...rows.values()].map(textOf));
}

async function judgeInbound(world: World, api: ApiClient, verdict: Verdict): Promise<void> {
  const stored = (await list(api, 'direction=inbound')).map(textOf);
  const announced = (await events(api, 'message.received')).map((event) =>
    textOf(objectOf(objectOf(event, 'data'), 'message')),
  );
  for (const [where, texts] of [
    ['rows', stored],
    ['events', announced],
  ] as const) {
    for (const text of world.inbound) {
      const times = texts.filter((one) => one === text).length;
      if (times === 0) verdict.lost.push(`${text} in ${where}`);
      if (times > 1) verdict.doubled.push(`${text} in ${where}`);
    }
  }
  const unopened = await events(api, 'message.undecryptable');
  verdict.unreadable.devices = unopened.map((event) => JSON.stringify(objectOf(event, 'data')));
}

/** More at once than may wait in one workspace would be refused. */
const TOGETHER = 100;

async function judgeKeys(lane: Lane, api: ApiClient, verdict: Verdict): Promise<void> {
  const ids: string[] = [];
  for (let at = 0; at < lane.accepted.length; at += TOGETHER) {
    const asked = lane.accepted.slice(at, at + TOGETHER).map((message) => lane.again(api, message));
    ids.push(...(await Promise.all(asked)));
  }
  for (const [i, message] of lane.accepted.entries()) {
    if (ids[i] !== message.id) verdict.forgotten.push(`${message.key}: ${message.id}, now ${ids[i]}`);
  }
}

const textOf = (message: Json): string => String(objectOf(message, 'text')['body']);

async function list(api: ApiClient, query: string): Promise<Json[]> {
  return pages(async (cursor) => {
    const { body } = await api.get(`/v1/messages?${query}&order=asc&limit=100${cursor && `&cursor=${cursor}`}`);
    return body;
  });
}

async function events(api: ApiClient, type: string): Promise<Json[]> {
  return pages(async (cursor) => {
    const { body } = await api.get(`/v1/events?types=${type}&limit=100${cursor && `&after=${cursor}`}`);
    return body;
  });
}

async function pages(read: (cursor: string) => Promise<Json>): Promise<Json[]> {
  const rows: Json[] = [];
  for (let cursor = ''; ; ) {
    const body = await read(cursor);
    rows.push(...rowsOf(body));
    if (body['hasMore'] !== true) return rows;
    cursor = String(body['nextCursor']);
  }
}
