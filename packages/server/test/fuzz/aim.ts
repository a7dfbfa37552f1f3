import type { Json } from '../kit/api.ts';
import type { Memory } from './memory.ts';
import type { Random } from './random.ts';
import { asJson, asList } from './spec.ts';

export interface Aimed {
  random: Random;
  memory: Memory;
  /** The device that is connected, where the caller has one. */
  connected: string | undefined;
}

/** A valid body with parts of it made to agree that the description cannot relate. */
export type Aim = (body: Json, given: Aimed) => Json;

/** How often a body is left as it was drawn: what does not fit together has to be answered too. */
const AS_DRAWN = 0.15;
const SAMPLE = '+15551234567';
const CARD = `BEGIN:VCARD\nVERSION:3.0\nFN:Ada\nTEL:${SAMPLE}\nEND:VCARD`;

function without(body: Json, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

/** Messages of a type that others may speak of. */
const knownOf = (memory: Memory, type: string): Json[] =>
  memory
    .things('msg')
    .filter((one) => typeof one['conversationId'] === 'string' && one['type'] === type && one['revokedAt'] === null);

/** Speaks of a message in its own chat. */
function aimReaction(body: Json, { memory, random }: Aimed): Json {
  const known = knownOf(memory, 'text');
  const alone = without(body, ['replyTo', 'mentions']);
  if (known.length === 0) return alone;
  const about = random.pick(known);
  const reaction = { messageId: about['id'], emoji: random.pick(['👍', '❤️', '']) };
  return { ...alone, to: about['conversationId'], deviceId: about['deviceId'], reaction };
}

/** Chooses what the poll has. */
function aimVote(body: Json, { memory, random }: Aimed): Json {
  const known = knownOf(memory, 'poll');
  const alone = without(body, ['replyTo', 'mentions']);
  if (known.length === 0) return alone;
  const about = random.pick(known);
  const chosen = [asJson(about['poll'])['options'] ?? []].flat().slice(0, random.below(2));
  const vote = { messageId: about['id'], options: chosen };
  return { ...alone, to: about['conversationId'], deviceId: about['deviceId'], vote };
}

/** A card is its fields, or a text and nothing else. */
function aimCard(card: Json, { random }: Aimed): Json {
  if (random.chance(0.3)) return { vcard: CARD };
  return { name: 'Ada', phones: [SAMPLE], ...without(card, ['vcard']) };
}

function aimPoll(poll: Json, { random }: Aimed): Json {
  const drawn = new Set([poll['options'] ?? []].flat().map(String));
  const options = [...drawn, 'Now', 'Later'].filter((one, at, all) => all.indexOf(one) === at).slice(0, 12);
  return { ...poll, options, selectableCount: random.below(options.length + 1) };
}

/** A file of each kind that is small enough to be written down; a picture of one pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const FILES: Readonly<Record<string, string>> = { image: PIXEL, sticker: PIXEL, document: 'JVBERi0=' };
/** The types with a file. Not the product's own list: the tool is compiled without the product's sources. */
const MEDIA_KINDS = ['image', 'video', 'audio', 'voice', 'document', 'sticker'];
const FILE_SOURCES = ['mediaId', 'url', 'base64', 'mimeType'];

/** One way to have the file: media that is known to fit, a few bytes, or one of those drawn. */
function aimFile(kind: string, file: Json, { memory, random }: Aimed): Json {
  const said = without(file, FILE_SOURCES);
  const fitting = memory.things('med').filter((one) => [one['sendableAs'] ?? []].flat().includes(kind));
  if (fitting.length > 0 && random.chance(0.5)) return { ...said, mediaId: random.pick(fitting)['id'] };
  const base64 = FILES[kind];
  if (base64 !== undefined && random.chance(0.7)) return { ...said, base64 };
  const drawn = FILE_SOURCES.slice(0, 2).filter((name) => file[name] !== undefined);
  const source = drawn.length > 0 ? random.pick(drawn) : 'url';
  return { ...said, [source]: file[source] ?? 'https://example.com/x' };
}

const VALUES: Readonly<Record<string, string | number>> = { number: 12.5, url: 'https://example.com/x', phone: SAMPLE };

/** A template that is known, with a value for each of its variables. */
function aimUse({ memory, random }: Aimed, drawn: unknown): unknown {
  const known = memory.things('tpl').filter((one) => Array.isArray(one['variables']));
  if (known.length === 0) return drawn;
  const template = random.pick(known);
  const values = asList(template['variables']).map((one) => [one['name'], VALUES[String(one['type'])] ?? 'x']);
  return { id: template['id'], variables: Object.fromEntries(values) };
}

function aimContent(body: Json, given: Aimed): Json {
  const { type } = body;
  if (type === 'contacts') return { ...body, contacts: asList(body['contacts']).map((card) => aimCard(card, given)) };
  if (type === 'poll') return { ...body, poll: aimPoll(asJson(body['poll']), given) };
  if (type === 'template') return { ...body, template: aimUse(given, body['template']) };
  if (type === 'reaction') return aimReaction(body, given);
  if (type === 'vote') return aimVote(body, given);
  const kind = MEDIA_KINDS.find((one) => one === type);
  return kind === undefined ? body : { ...body, [kind]: aimFile(kind, asJson(body[kind]), given) };
}

export const aimSend: Aim = (drawn, given) => {
  const { random, connected } = given;
  if (random.chance(AS_DRAWN)) return drawn;
  const hindering = ['replyTo', 'mentions', 'transactional'].filter(() => random.chance(0.9));
  const body = without(drawn, drawn['requireOnline'] === true ? [...hindering, 'requireOnline'] : hindering);
  const deviceId = connected !== undefined && random.chance(0.8) ? connected : body['deviceId'];
  // Of chats, most are another device's.
  const to = String(body['to']).startsWith('cnv_') ? SAMPLE : body['to'];
  return aimContent({ ...body, deviceId, to }, given);
};

export const aimBatch: Aim = (body, given) => ({
  ...body,
  messages: asList(body['messages']).map((message) => aimSend(message, given)),
});

/** Variables that stand in a text, and content that can become a message. */
export const aimTemplate: Aim = (drawn, given) => {
  if (given.random.chance(AS_DRAWN)) return drawn;
  const listed = asList(drawn['variables']).map((one) => without(one, ['default', 'required']));
  const variables = listed.filter((one, at) => listed.findIndex((other) => other['name'] === one['name']) === at);
  const names = variables.map((one) => `{{${String(one['name'])}}}`);
  if (drawn['text'] !== undefined) return { ...drawn, variables, text: { body: `Hello ${names.join(' ')}` } };
  const place = asJson(drawn['location']);
  const location = drawn['location'] === undefined ? {} : { location: { ...place, latitude: 52.5, longitude: 13.4 } };
  return aimContent({ ...without(drawn, ['variables']), ...location }, given);
};
