import { randomFillSync } from 'node:crypto';

// Crockford's alphabet in lower case: sorts as the number does, no look-alike letters.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_CHARS = 26;

declare const brand: unique symbol;
type Branded<Prefix extends string> = string & { readonly [brand]: Prefix };

export type WorkspaceId = Branded<'ws'>;
export type DeviceId = Branded<'dev'>;
export type MessageId = Branded<'msg'>;
export type ConversationId = Branded<'cnv'>;
export type ContactId = Branded<'con'>;
export type EventId = Branded<'evt'>;
export type ApiKeyId = Branded<'key'>;
export type RequestId = Branded<'req'>;
export type PersonId = Branded<'usr'>;
export type SessionId = Branded<'ses'>;
export type InvitationId = Branded<'inv'>;
export type JobId = Branded<'job'>;
export type AuditId = Branded<'aud'>;
export type GroupId = Branded<'grp'>;
export type LinkPageId = Branded<'lnk'>;
export type MediaId = Branded<'med'>;
export type TemplateId = Branded<'tpl'>;
export type GapId = Branded<'gap'>;
export type CallId = Branded<'call'>;
export type WebhookId = Branded<'whk'>;
export type DeliveryId = Branded<'wdl'>;

interface IdKinds {
  ws: WorkspaceId;
  dev: DeviceId;
  msg: MessageId;
  cnv: ConversationId;
  con: ContactId;
  evt: EventId;
  key: ApiKeyId;
  req: RequestId;
  usr: PersonId;
  ses: SessionId;
  inv: InvitationId;
  job: JobId;
  aud: AuditId;
  grp: GroupId;
  lnk: LinkPageId;
  med: MediaId;
  tpl: TemplateId;
  gap: GapId;
  call: CallId;
  whk: WebhookId;
  wdl: DeliveryId;
}

export type IdPrefix = keyof IdKinds;

const pool = Buffer.alloc(4096);
let poolAt = pool.length;
let lastMs = 0;
let counter = 0;

function randomBits(bytes: number): bigint {
  if (poolAt + bytes > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  let value = 0n;
  for (let i = 0; i < bytes; i++) value = (value << 8n) | BigInt(pool[poolAt + i] ?? 0);
  poolAt += bytes;
  return value;
}

/** A UUIDv7 as a number: 48 bits of Unix ms, a 12-bit counter that keeps one process's ids in order, 62 random bits. */
export function uuidV7(now: number = Date.now()): bigint {
  if (now > lastMs) {
    lastMs = now;
    counter = Number(randomBits(2) & 0x7ffn);
  } else if (++counter > 0xfff) {
    // The counter ran out within one millisecond: borrow the next, as RFC 9562 §6.2 allows.
    lastMs += 1;
    counter = 0;
  }
  const random = randomBits(8) & ((1n << 62n) - 1n);
  return (BigInt(lastMs) << 80n) | (0x7n << 76n) | (BigInt(counter) << 64n) | (0b10n << 62n) | random;
}

function encode(value: bigint): string {
  let out = '';
  for (let i = 0, rest = value; i < ID_CHARS; i++, rest >>= 5n) out = (ALPHABET[Number(rest & 31n)] ?? '0') + out;
  return out;
}

/** Mints an id: prefix, underscore, 26 characters that sort by time. */
export function newId<P extends IdPrefix>(prefix: P): IdKinds[P] {
  return brandId(prefix, `${prefix}_${encode(uuidV7())}`);
}

/**
 * An id for something that was there at `time` already: it sorts among the ids minted then. Of one millisecond those with
 * a greater `place` (0 to 4095) come later.
 */
export function pastId<P extends IdPrefix>(prefix: P, time: Date, place: number): IdKinds[P] {
  const random = randomBits(8) & ((1n << 62n) - 1n);
  const ms = BigInt(Math.max(0, time.getTime()));
  const value = (ms << 80n) | (0x7n << 76n) | (BigInt(place & 0xfff) << 64n) | (0b10n << 62n) | random;
  return brandId(prefix, `${prefix}_${encode(value)}`);
}

// The first 50 of an id's 130 bits: two of padding, then the 48 of the time.
const TIME_CHARS = 10;

/** When an id was minted, to the millisecond. */
export function timeOfId(id: string): Date {
  const at = id.indexOf('_') + 1;
  let ms = 0;
  for (const letter of id.slice(at, at + TIME_CHARS)) ms = ms * 32 + ALPHABET.indexOf(letter);
  return new Date(ms);
}

/** What sorts before every id of this kind minted at `time` or later, and after those minted earlier. */
export function firstIdAt(prefix: IdPrefix, time: Date): string {
  const letters: string[] = [];
  for (let ms = Math.max(0, time.getTime()); letters.length < TIME_CHARS; ms = Math.floor(ms / 32))
    letters.unshift(ALPHABET[ms % 32] ?? '0');
  return `${prefix}_${letters.join('').padEnd(ID_CHARS, '0')}`;
}

const SHAPE = new RegExp(`^[a-z]+_[${ALPHABET}]{${ID_CHARS}}$`);

/** Whether the text has the shape of an id of this kind. Says nothing about existence. */
export function isId<P extends IdPrefix>(prefix: P, text: string): text is IdKinds[P] {
  return text.startsWith(`${prefix}_`) && SHAPE.test(text);
}

/** The one place where text becomes an id: callers hold a value minted here or read back from the database. */
export function brandId<P extends IdPrefix>(_prefix: P, text: string): IdKinds[P] {
  return text as IdKinds[P];
}
