import type { KeyPair } from 'baileys';
import { lidJid, parseJid, pnJid } from './codec/jid.ts';
import type { Connection } from './connection.ts';
import type { Core } from './core.ts';
import { isMagic, magicBehaviour } from './magic.ts';
import { Phone } from './phone/phone.ts';
import type { Picture } from './pictures.ts';
import { deriveDigits } from './rng.ts';
import { StanzaQueue } from './stanza-queue.ts';

export interface PublicPreKey {
  readonly id: number;
  readonly key: Buffer;
}

export interface SignedPreKey extends PublicPreKey {
  readonly signature: Buffer;
}

/** What a companion published so that others can open a Signal session with it. */
export interface PublishedKeys {
  registrationId: number;
  identity: Buffer;
  signedPreKey: SignedPreKey;
  /** One-time prekeys, oldest first; each is handed out once. */
  preKeys: PublicPreKey[];
}

/** Private and public keys of a simulated phone. */
export interface PhoneKeys {
  readonly registrationId: number;
  readonly identity: KeyPair;
  readonly signedPreKey: { readonly keyId: number; readonly keyPair: KeyPair; readonly signature: Uint8Array };
}

/** A linked device: the client under test. Bound to its Noise key, as at WhatsApp. */
export class Companion {
  readonly kind = 'companion';
  readonly account: Account;
  readonly id: number;
  readonly jid: string;
  readonly lid: string;
  readonly noiseKey: Buffer;
  readonly identityKey: Buffer;
  readonly createdAt: number;
  readonly queue: StanzaQueue;
  keys: PublishedKeys | undefined;
  /** The device's countersigned identity; others see it beside the prekeys. */
  identityProof: Buffer | undefined;
  onboarded = false;
  connection: Connection | undefined;

  constructor(fields: {
    account: Account;
    id: number;
    noiseKey: Buffer;
    identityKey: Buffer;
    queueLimit: number;
    createdAt: number;
  }) {
    this.account = fields.account;
    this.id = fields.id;
    this.jid = pnJid(fields.account.user, fields.id);
    this.lid = lidJid(fields.account.lidUser, fields.id);
    this.noiseKey = fields.noiseKey;
    this.identityKey = fields.identityKey;
    this.createdAt = fields.createdAt;
    this.queue = new StanzaQueue(fields.queueLimit);
  }
}

/** One WhatsApp account: a number, its LID, its phone (device 0) and the devices linked to it. */
export class Account {
  readonly user: string;
  readonly lidUser: string;
  readonly jid: string;
  readonly lid: string;
  readonly rawId: number;
  readonly phone: Phone;
  readonly devices = new Map<number, Companion>();
  readonly blocked = new Set<string>();
  /** Devices that asked to see this account's presence. */
  readonly presenceReaders = new Set<Companion>();
  /** Devices that fetched this account's device list, and under which address. */
  readonly deviceListReaders = new Map<Companion, Set<'pn' | 'lid'>>();
  /** Numbers whose messages reached it; gone with the process, as faults are. */
  readonly heardFrom = new Set<string>();
  /** Whether others may not add it to groups, only send it the invite link. */
  onlyByInvite = false;
  nextDevice = 1;
  name: string;
  about = 'Hey there! I am using WhatsApp.';
  businessName: string | undefined;
  picture: Picture | undefined;

  constructor(core: Core, fields: { user: string; lidUser: string; rawId: number; name: string }) {
    this.user = fields.user;
    this.lidUser = fields.lidUser;
    this.jid = pnJid(fields.user);
    this.lid = lidJid(fields.lidUser);
    this.rawId = fields.rawId;
    this.name = fields.name;
    this.phone = new Phone(core, this);
  }

  get online(): boolean {
    for (const device of this.devices.values()) if (device.connection) return true;
    return false;
  }
}

/** Where a stanza can end: a phone or a linked device. */
export type Endpoint = Phone | Companion;

/** Every account on the network, by number and by LID. */
export class Registry {
  readonly #core: Core;
  readonly #byUser = new Map<string, Account>();
  readonly #byLid = new Map<string, Account>();

  constructor(core: Core) {
    this.#core = core;
  }

  get size(): number {
    return this.#byUser.size;
  }

  all(): IterableIterator<Account> {
    return this.#byUser.values();
  }

  /** Returns the account of this number (digits, country code first), made when it does not exist yet. */
  ensure(user: string, name?: string): Account {
    const known = this.#byUser.get(user);
    if (known) {
      if (name !== undefined) known.name = name;
      return known;
    }
    const lidUser = deriveDigits(this.#core.options.seed, `lid:${user}`, 15);
    const rawId = 1_000 + this.#byUser.size;
    const account = new Account(this.#core, { user, lidUser, rawId, name: name ?? `User ${user}` });
    this.#byUser.set(user, account);
    this.#byLid.set(lidUser, account);
    this.#core.events.emit('changed');
    return account;
  }

  /** The account behind a phone number or LID user; magic numbers come to life when first asked for. */
  byUser(user: string, server: string): Account | undefined {
    if (server === 'lid') return this.#byLid.get(user);
    const known = this.#byUser.get(user);
    if (known || !isMagic(user)) return known;
    const behaviour = magicBehaviour(user);
    if (!behaviour.exists) return undefined;
    const account = this.ensure(user, behaviour.name);
    Object.assign(account.phone.auto, behaviour.auto);
    account.phone.online = behaviour.online;
    return account;
  }

  byJid(jid: string | undefined): Account | undefined {
    const parsed = parseJid(jid);
    return parsed ? this.byUser(parsed.user, parsed.server) : undefined;
  }

  /** The phone for device 0, else the linked device of that number. */
  endpoint(jid: string | undefined): Endpoint | undefined {
    const parsed = parseJid(jid);
    if (!parsed) return undefined;
    const account = this.byUser(parsed.user, parsed.server);
    return parsed.device === 0 ? account?.phone : account?.devices.get(parsed.device);
  }
}
