import { type BinaryNode, jidDecode, proto, type SocketConfig } from 'baileys';
import { faultPoint } from '../../../platform/fault-points.ts';
import type { EngineRecord, MessageContext } from '../../port.ts';
import { lidUser, person, phoneUser, toJid } from './address.ts';
import { sharedAppStateKeys } from './app-state.ts';
import { BoundedCache } from './bounded-cache.ts';
import { EMPTY_PADDED, type Payload, readPayload, unpad } from './content.ts';
import {
  changeOf,
  type Envelope,
  encChildren,
  inboundOf,
  isSelf,
  type Parties,
  parties,
  partiesAtHand,
  type Said,
  type Self,
  stanzaTime,
} from './envelope.ts';
import { announcedHistory } from './history/notification.ts';
import type { KeyValue } from './key-codec.ts';
import type { SignalKeys } from './key-store.ts';
import type { MediaReference } from './media/reference.ts';
import { resentMessages } from './resent.ts';
import { moveSessionsWithNames } from './session-moves.ts';
import { taskScope } from './task-scope.ts';
import type { WriteStream } from './write-stream.ts';

type MakeRepository = SocketConfig['makeSignalRepository'];
type Repository = ReturnType<MakeRepository>;

export interface InboundDeps {
  keys: SignalKeys;
  stream: WriteStream;
  self: () => Self | undefined;
  /** Seals the secret of the message of this id. */
  sealSecret: (waId: string, secret: Uint8Array) => Uint8Array;
  /** Seals where a file lies. */
  sealMedia: (reference: MediaReference) => Uint8Array;
  /** A message was noted that cannot be read yet. */
  unreadable: () => void;
  /** A message was opened, or could not be, to its last part. */
  handled: (waId: string) => void;
  /** Whether the database already has this message. */
  stored: (waId: string) => Promise<boolean>;
  /** Seals where a part of history lies. */
  sealHistory: (waId: string, reference: Uint8Array) => Uint8Array;
  /** A part of history was announced; the database knows of it once `seq` is durable. */
  historyAnnounced: (seq: number) => void;
  /** The account's own phone shared keys of the app state, and is to be written to with this one from now on. */
  appStateKey: (id: string) => void;
}

type PnToLid = Parameters<MakeRepository>[2];

const REMEMBERED_IDS = 1_000;
const SIGNAL_LOCK = 'signal';

/**
 * Takes messages where they are opened. Baileys decrypts a stanza's `enc` children through its Signal repository; the
 * wrapper knows the stanza by the identity of the ciphertext buffer (decode-wa-message hands it on untouched), and
 * pushes the advanced ratchet and the message as one group BEFORE Baileys sees the plaintext. Its receipt is a later
 * frame, so it waits for that group. Baileys' own message events play no part (trap 3: they can be held for 20 s).
 */
export class InboundTap {
  readonly #deps: InboundDeps;
  readonly #envelopes = new WeakMap<Uint8Array, Envelope>();
  /** Ids opened lately: a redelivery on a new socket may come before their commit. */
  readonly #handled = new BoundedCache<true>(REMEMBERED_IDS);
  readonly #reported = new BoundedCache<true>(REMEMBERED_IDS);
  /** Devices that ask for a new session. */
  readonly #asking = new BoundedCache<true>(REMEMBERED_IDS);

  constructor(deps: InboundDeps) {
    this.#deps = deps;
  }

  /** Notes a message stanza; called before Baileys handles it. */
  remember(node: BinaryNode): void {
    const encrypted = encChildren(node);
    const envelope: Envelope = { node, opened: 0, surfaced: false };
    for (const child of encrypted) {
      if (child.content instanceof Uint8Array) this.#envelopes.set(child.content, envelope);
    }
    const plaintext = Array.isArray(node.content) && node.content.some((child) => child.tag === 'plaintext');
    const withheld = encrypted.length === 0 && !plaintext;
    const reason = withheld ? 'unavailable' : encrypted[0]?.attrs.type === 'msmsg' ? 'msmsg' : undefined;
    if (reason) this.#unreadable(node, reason);
  }

  /**
   * Notes a message of which there is nothing to open, in the turn in which it is seen: Baileys acknowledges it at once,
   * and WhatsApp does not send it again. Its people are named as the stanza and memory name them.
   */
  #unreadable(node: BinaryNode, reason: string): void {
    if (!this.#isNews(node)) return;
    const other = (jid: string) => {
      const mapping = mappingOf(jid);
      if (!mapping) return undefined;
      return mapping.name(this.#deps.keys.inMemory('lid-mapping', mapping.id));
    };
    this.#note(node, partiesAtHand(node, this.#deps.self(), other), reason);
  }

  /**
   * The repository Baileys gets. All Signal operations of a device take one lock: Baileys locks by the name a caller
   * used, but phone number and LID of a contact are one session, and two tasks on it would encrypt two messages with
   * one key. Nothing under the lock waits for the network.
   */
  wrap(makeInner: (pnToLid: PnToLid) => Repository, pnToLid: PnToLid): Repository {
    const { keys } = this.#deps;
    const inner = makeInner(async (jids) => (keys.inWhole() ? undefined : pnToLid?.(jids)));
    const alone = async <T>(jid: string | undefined, task: () => Promise<T>): Promise<T> => {
      if (jid !== undefined) await this.#warm(inner, jid);
      return keys.whole(SIGNAL_LOCK, () => asErrors(task));
    };
    moveSessionsWithNames(inner, keys, (task) => (keys.inWhole() ? task() : keys.whole(SIGNAL_LOCK, task)));
    return {
      ...inner,
      decryptMessage: async (message) => {
        await this.#warm(inner, message.jid);
        return this.#open(message.ciphertext, inner, () => inner.decryptMessage(message));
      },
      decryptGroupMessage: (message) => this.#open(message.msg, inner, () => inner.decryptGroupMessage(message)),
      // Done by #open within the message's own transaction.
      processSenderKeyDistributionMessage: async () => {},
      encryptMessage: (message) => alone(message.jid, () => inner.encryptMessage(message)),
      encryptGroupMessage: (message) => alone(undefined, () => inner.encryptGroupMessage(message)),
      getSenderKeyDistributionMessage: (message) =>
        alone(undefined, () => inner.getSenderKeyDistributionMessage(message)),
      // Baileys fetches new keys for everyone it asks the devices of: at every start of a session, and of a whole group
      // when one phone in it asks for a message again. Each fetch would open a Signal session beside the one that stands,
      // use up a prekey of the recipient and part with what is on its way. Only who asks for a new session gets one.
      injectE2ESession: async (session) => {
        const address = await this.#addressOf(inner, session.jid);
        const { exists } = await inner.validateSession(session.jid);
        if (exists && (taskScope().keepSessions || !(await this.#asksForSession(session.jid)))) return;
        // With the identity it is made for: by an older one Baileys would take the answer's for a change, and drop it.
        await alone(session.jid, async () => {
          await inner.injectE2ESession(session);
          keys.set({ 'identity-key': { [address]: session.session.identityKey } });
        });
      },
      migrateSession: (from, to) => alone(undefined, () => inner.migrateSession(from, to)),
      deleteSession: (jids) => alone(undefined, () => inner.deleteSession(jids)),
    };
  }

  /** Brings into memory what the operation will read, before the lock is taken: the LID, asked for if need be, and the session. */
  async #warm(inner: Repository, jid: string): Promise<void> {
    await this.#deps.keys.get('session', [await this.#addressOf(inner, jid)]);
  }

  /** Notes that a device asks for a new session: by a retry receipt, or with a new identity. */
  asked(jid: string): void {
    this.#asking.set(deviceName(jid, jid), true);
  }

  /** Whether the device has asked for a new session, under either name; it does so once. */
  async #asksForSession(jid: string): Promise<boolean> {
    const names = [jid, await this.#otherName(jid)].map((name) => deviceName(name, jid));
    const found = names.filter((name) => this.#asking.has(name));
    for (const name of found) this.#asking.delete(name);
    return found.length > 0;
  }

  /** Where the keys of a device lie: under its LID, where that is known. */
  async #addressOf(inner: Repository, jid: string): Promise<string> {
    const lid = phoneUser(jid) === undefined ? null : await inner.lidMapping.getLIDForPN(jid).catch(() => null);
    return inner.jidToSignalProtocolAddress(lid ?? jid);
  }

  async #open(ciphertext: Uint8Array, inner: Repository, decrypt: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const envelope = this.#envelopes.get(ciphertext);
    if (envelope) envelope.opened += 1;
    try {
      const opened = await this.#deps.keys.whole(SIGNAL_LOCK, async (records) => {
        const padded = await asErrors(decrypt);
        const peer = envelope && (await this.#ofOwnPhone(envelope, padded, records));
        if (envelope && !peer) await this.#surface(envelope, padded, inner, records);
        faultPoint('worker.inbound-decrypted');
        return peer ?? padded;
      });
      if (envelope?.history) this.#deps.historyAnnounced(this.#deps.stream.pushed);
      // In the turn in which the keys were pushed: they and the credentials that name one of them go together.
      if (envelope?.appStateKeyId !== undefined) this.#deps.appStateKey(envelope.appStateKeyId);
      if (envelope && envelope.opened >= encChildren(envelope.node).length)
        this.#handled.set(envelope.node.attrs.id ?? '', true);
      return opened;
    } catch (error) {
      if (!envelope) throw error;
      if (await this.#canBeAcknowledged(envelope)) return EMPTY_PADDED;
      const reason = error instanceof Error ? error.message : 'unknown';
      // A used key on a message that is not stored: its payload had nothing to show, or the sender used the key twice.
      // Baileys asks for it again; a row in the chat would be wrong in the first case and come by itself in the second.
      if (!isUsedKey(reason)) await this.#undecryptable(envelope, reason);
      throw error;
    } finally {
      if (envelope && envelope.opened >= encChildren(envelope.node).length)
        this.#deps.handled(envelope.node.attrs.id ?? '');
    }
  }

  /** What the account's own phone tells this device beside the chats. Returns what Baileys is to see of it instead. */
  async #ofOwnPhone(envelope: Envelope, padded: Uint8Array, records: EngineRecord[]) {
    const { node } = envelope;
    const self = this.#deps.self();
    if (node.attrs.category !== 'peer' || !self || !isSelf(self, node.attrs.from)) return undefined;
    const message = proto.Message.decode(unpad(padded));
    const { sealSecret, sealMedia } = this.#deps;
    const names = { self, other: (jid: string) => this.#otherName(jid), sealSecret, sealMedia };
    for (const found of await resentMessages(message, names)) records.push({ kind: 'inbound', message: found });
    this.#takeAppStateKeys(envelope, message);
    const announced = announcedHistory(message);
    if (!announced) return undefined;
    const { reference, emptied, ...part } = announced;
    const waId = node.attrs.id ?? '';
    records.push({ kind: 'history', part: { ...part, waId, sealed: this.#deps.sealHistory(waId, reference) } });
    envelope.history = true;
    return emptied;
  }

  /**
   * Stores shared keys with the ratchet that opened them. Baileys does it too, but after the receipt for the phone: one
   * that dies between the two has told the phone that it has keys which nobody sends again.
   */
  #takeAppStateKeys(envelope: Envelope, message: proto.IMessage): void {
    const shared = sharedAppStateKeys(message);
    const [newest] = shared.at(-1) ?? [];
    if (newest === undefined) return;
    this.#deps.keys.set({ 'app-state-sync-key': Object.fromEntries(shared) });
    envelope.appStateKeyId = newest;
  }

  async #surface(envelope: Envelope, padded: Uint8Array, inner: Repository, records: EngineRecord[]): Promise<void> {
    const { node } = envelope;
    const payload = readPayload(unpad(padded), node.attrs.edit);
    if (payload.senderKey) {
      const authorJid = node.attrs.participant ?? node.attrs.from ?? '';
      await asErrors(() => inner.processSenderKeyDistributionMessage({ item: payload.senderKey ?? {}, authorJid }));
    }
    const { content, change } = payload;
    if (!(content || change) || envelope.surfaced || node.attrs.category === 'peer') return;
    const self = this.#deps.self();
    const who = await parties(node, self, (jid) => this.#otherName(jid), payload.destinationJid);
    if (!who) return;
    envelope.surfaced = true;
    if (change) records.push({ kind: 'change', change: changeOf(node, who, change, self) });
    if (content) {
      const said: Said = { content, ...(await this.#beside(node.attrs.id ?? '', payload)) };
      records.push({ kind: 'inbound', message: inboundOf(node, who, said) });
    }
  }

  async #beside(waId: string, { content, context, style, secret, file }: Payload): Promise<Omit<Said, 'content'>> {
    return {
      ...(context ? { context: await this.#withNumbers(context) } : {}),
      ...(style ? { style } : {}),
      ...(file ? { sealedMedia: this.#deps.sealMedia(file) } : {}),
      ...(content?.type === 'poll' && secret ? { sealedSecret: this.#deps.sealSecret(waId, secret) } : {}),
    };
  }

  /** The people mentioned, each under both names where they are known. */
  async #withNumbers(context: MessageContext): Promise<MessageContext> {
    if (!Array.isArray(context.mentions)) return context;
    const named = context.mentions.map(async (one) => {
      const jid = toJid(one) ?? '';
      return person(jid, await this.#otherName(jid)) ?? one;
    });
    return { ...context, mentions: await Promise.all(named) };
  }

  /**
   * A message that cannot be opened may have been before: ratchet and message are durable together, so a redelivery
   * after a crash meets a used key and a stored message. With more `enc` children to come they decide.
   */
  async #canBeAcknowledged(envelope: Envelope): Promise<boolean> {
    if (envelope.opened < encChildren(envelope.node).length) return true;
    const waId = envelope.node.attrs.id ?? '';
    return this.#handled.has(waId) || (await this.#deps.stored(waId));
  }

  async #undecryptable({ node }: Envelope, reason: string): Promise<void> {
    const who = await parties(node, this.#deps.self(), (jid) => this.#otherName(jid));
    if (this.#isNews(node)) this.#note(node, who, reason);
  }

  /** Whether nobody was told yet that this message cannot be read. */
  #isNews({ attrs: { id = '', category } }: BinaryNode): boolean {
    if (category === 'peer' || this.#reported.has(id)) return false;
    this.#reported.set(id, true);
    return true;
  }

  #note(node: BinaryNode, who: Parties | undefined, reason: string): void {
    if (!who) return;
    const said = { at: stanzaTime(node), reason: reason.slice(0, 200) };
    this.#deps.stream.push({ records: [{ kind: 'undecryptable', waId: node.attrs.id ?? '', ...who, ...said }] });
    this.#deps.unreadable();
  }

  /** The other name of a person, from what Baileys stored; never asks the network. */
  otherName(jid: string): Promise<string | undefined> {
    return this.#otherName(jid);
  }

  async #otherName(jid: string): Promise<string | undefined> {
    const mapping = mappingOf(jid);
    if (!mapping) return undefined;
    return mapping.name((await this.#deps.keys.get('lid-mapping', [mapping.id]))[mapping.id]);
  }
}

/** Where the other name of a person is kept, and how what is kept there names them. */
function mappingOf(jid: string) {
  const named = (server: string) => (user: KeyValue | undefined) =>
    typeof user === 'string' && user !== '' ? `${user}@${server}` : undefined;
  const phone = phoneUser(jid);
  if (phone !== undefined) return { id: phone, name: named('lid') };
  const lid = lidUser(jid);
  return lid === undefined ? undefined : { id: `${lid}_reverse`, name: named('s.whatsapp.net') };
}

/** Names the device of `device` under the person `jid` names. */
const deviceName = (jid: string | undefined, device: string): string =>
  `${phoneUser(jid) ?? ''}/${lidUser(jid) ?? ''}/${jidDecode(device)?.device ?? 0}`;

const isUsedKey = (reason: string): boolean => reason.includes('Key used already') || reason.includes('old counter');

/** The bridge rejects with bare strings; Baileys reads `.message` of what it catches and breaks on those. */
async function asErrors<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw error instanceof Error ? error : new Error(String(error));
  }
}
