import { type BinaryNode, jidDecode, type SocketConfig } from 'baileys';
import type { EngineRecord } from '../../port.ts';
import { lidUser, phoneUser } from './address.ts';
import { BoundedCache } from './bounded-cache.ts';
import { EMPTY_PADDED, readPayload, unpad } from './content.ts';
import { type Envelope, encChildren, inboundOf, parties, type Self, stanzaTime } from './envelope.ts';
import type { SignalKeys } from './key-store.ts';
import type { WriteStream } from './write-stream.ts';

type MakeRepository = SocketConfig['makeSignalRepository'];
type Repository = ReturnType<MakeRepository>;

export interface InboundDeps {
  keys: SignalKeys;
  stream: WriteStream;
  self: () => Self | undefined;
  /** Whether the database already has this message. */
  stored: (waId: string) => Promise<boolean>;
}

const REMEMBERED_IDS = 1_000;

/**
 * Takes messages where they are opened. Baileys decrypts a stanza's `enc` children through its Signal repository; the
 * wrapper knows the stanza by the identity of the ciphertext buffer (decode-wa-message hands it on untouched), and
 * pushes the advanced ratchet and the message as one group BEFORE Baileys sees the plaintext. Its receipt is a later
 * frame, so it waits for that group. Baileys' own message events play no part (trap 3: they can be held for 20 s).
 */
export class InboundTap {
  readonly #deps: InboundDeps;
  readonly #envelopes = new WeakMap<Uint8Array, Envelope>();
  /** Ids handed over lately: a redelivery on a new socket may come before their commit. */
  readonly #surfaced = new BoundedCache<true>(REMEMBERED_IDS);
  readonly #reported = new BoundedCache<true>(REMEMBERED_IDS);

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
    if (encrypted.length === 0 && !plaintext) void this.#undecryptable(envelope, 'unavailable');
    if (encrypted[0]?.attrs.type === 'msmsg') void this.#undecryptable(envelope, 'msmsg');
  }

  /** The repository Baileys gets. */
  wrap(inner: Repository): Repository {
    const { keys } = this.#deps;
    return {
      ...inner,
      decryptMessage: async (message) =>
        this.#open(message.ciphertext, await this.sessionLock(message.jid), inner, () => inner.decryptMessage(message)),
      decryptGroupMessage: (message) =>
        this.#open(message.msg, message.group, inner, () => inner.decryptGroupMessage(message)),
      // Done by #open within the message's own transaction.
      processSenderKeyDistributionMessage: async () => {},
      encryptMessage: async (message) =>
        keys.whole(await this.sessionLock(message.jid), () => asErrors(() => inner.encryptMessage(message))),
      injectE2ESession: async (session) =>
        keys.whole(await this.sessionLock(session.jid), () => asErrors(() => inner.injectE2ESession(session))),
    };
  }

  /** One lock for one Signal session, whichever of its two names a caller uses: Baileys locks by the name it was given. */
  async sessionLock(jid: string): Promise<string> {
    const decoded = jidDecode(jid);
    const user = decoded?.user ?? jid;
    const lid = phoneUser(jid) === undefined ? undefined : await this.#mapping(user);
    return `session ${lid ?? user}.${decoded?.device ?? 0}`;
  }

  async #open(
    ciphertext: Uint8Array,
    lock: string,
    inner: Repository,
    decrypt: () => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const envelope = this.#envelopes.get(ciphertext);
    if (envelope) envelope.opened += 1;
    try {
      return await this.#deps.keys.whole(lock, async (records) => {
        const padded = await asErrors(decrypt);
        if (envelope) await this.#surface(envelope, padded, inner, records);
        return padded;
      });
    } catch (error) {
      if (envelope && (await this.#canBeAcknowledged(envelope, error))) return EMPTY_PADDED;
      if (envelope) await this.#undecryptable(envelope, error instanceof Error ? error.message : 'unknown');
      throw error;
    }
  }

  async #surface(envelope: Envelope, padded: Uint8Array, inner: Repository, records: EngineRecord[]): Promise<void> {
    const { node } = envelope;
    const payload = readPayload(unpad(padded));
    if (payload.senderKey) {
      const authorJid = node.attrs.participant ?? node.attrs.from ?? '';
      await asErrors(() => inner.processSenderKeyDistributionMessage({ item: payload.senderKey ?? {}, authorJid }));
    }
    if (!payload.content || envelope.surfaced || node.attrs.category === 'peer') return;
    const who = await parties(node, this.#deps.self(), (jid) => this.#otherName(jid), payload.destinationJid);
    if (!who) return;
    envelope.surfaced = true;
    this.#surfaced.set(node.attrs.id ?? '', true);
    records.push({ kind: 'inbound', message: inboundOf(node, who, payload.content) });
  }

  /**
   * A message that cannot be opened because it was opened before. Ratchet and message are durable together, so a used
   * key means that the message is stored or had nothing to surface. With more `enc` children to come they decide.
   */
  async #canBeAcknowledged(envelope: Envelope, error: unknown): Promise<boolean> {
    const text = error instanceof Error ? error.message : '';
    if (text.includes('DuplicatedMessage') || text.includes('old counter')) return true;
    if (envelope.opened < encChildren(envelope.node).length) return true;
    const waId = envelope.node.attrs.id ?? '';
    return this.#surfaced.has(waId) || (await this.#deps.stored(waId));
  }

  async #undecryptable(envelope: Envelope, reason: string): Promise<void> {
    const { node } = envelope;
    const waId = node.attrs.id ?? '';
    if (node.attrs.category === 'peer' || this.#reported.has(waId)) return;
    this.#reported.set(waId, true);
    const who = await parties(node, this.#deps.self(), (jid) => this.#otherName(jid));
    if (!who) return;
    const { chat, sender } = who;
    this.#deps.stream.push({
      records: [{ kind: 'undecryptable', waId, chat, sender, at: stanzaTime(node), reason: reason.slice(0, 200) }],
    });
  }

  /** From what Baileys stored; never asks the network. */
  async #otherName(jid: string): Promise<string | undefined> {
    const phone = phoneUser(jid);
    if (phone !== undefined) {
      const lid = await this.#mapping(phone);
      return lid && `${lid}@lid`;
    }
    const lid = lidUser(jid);
    const user = lid === undefined ? undefined : await this.#mapping(`${lid}_reverse`);
    return user && `${user}@s.whatsapp.net`;
  }

  async #mapping(id: string): Promise<string | undefined> {
    const found = (await this.#deps.keys.get('lid-mapping', [id]))[id];
    return typeof found === 'string' ? found : undefined;
  }
}

/** The bridge rejects with bare strings; Baileys reads `.message` of what it catches and breaks on those. */
async function asErrors<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw error instanceof Error ? error : new Error(String(error));
  }
}
