import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { WebSocketServer } from 'ws';
import { type AccountFaults, type Deafness, noAccountFaults } from './account-faults.ts';
import type { Account } from './accounts.ts';
import { node } from './codec/node.ts';
import type { Connection } from './connection.ts';
import type { Core, Stats } from './core.ts';
import type { NetworkEvents } from './events.ts';
import type { Faults } from './faults.ts';
import { announceCreation } from './group-changes.ts';
import { createGroup, type Group } from './groups.ts';
import type { PhoneBehaviour } from './phone/behaviour.ts';

interface Lifetime {
  readonly port: number;
  readonly server: Server;
  readonly sockets: WebSocketServer;
  readonly timers: Set<NodeJS.Timeout>;
  readonly state: AsyncDisposable | undefined;
}

/** `<stream:error code>` with an optional reason element such as `<conflict type>`. */
export interface StreamError {
  code?: string | undefined;
  reason?: string | undefined;
  type?: string | undefined;
}

export interface AccountFields {
  name?: string;
  businessName?: string;
  about?: string;
  auto?: Partial<PhoneBehaviour>;
}

/** A running simulated network: what tests, demos and the product's sandbox pages hold on to. */
export class Network implements AsyncDisposable {
  /** The parts behind this object, for extensions that save or restore them. */
  readonly core: Core;
  /** Where clients connect: `ws://127.0.0.1:port/ws/chat`. */
  readonly url: string;
  readonly port: number;
  /** Base URL of the JSON control plane. */
  readonly controlUrl: string;
  readonly controlToken: string;
  readonly #lifetime: Lifetime;
  #closed: Promise<void> | undefined;

  constructor(core: Core, lifetime: Lifetime) {
    this.core = core;
    this.#lifetime = lifetime;
    this.port = lifetime.port;
    this.url = `ws://127.0.0.1:${lifetime.port}/ws/chat`;
    this.controlUrl = `http://127.0.0.1:${lifetime.port}/control`;
    this.controlToken = core.options.controlToken ?? randomBytes(24).toString('base64url');
  }

  /** Public key clients must trust as the certificate root (serial 0). */
  get rootKey(): Buffer {
    return Buffer.from(this.core.keys.root.public);
  }

  /** `host:port` of the media host, which speaks TLS. */
  get mediaHost(): string {
    return this.core.media.host;
  }

  /** PEM of the CA the media host's certificate comes from. */
  get mediaCa(): string {
    return this.core.media.caPem;
  }

  get faults(): Faults {
    return this.core.faults;
  }

  get stats(): Stats {
    return this.core.stats;
  }

  on<K extends keyof NetworkEvents>(event: K, listener: (...args: NetworkEvents[K]) => void): () => void {
    return this.core.events.on(event, listener);
  }

  /** The account of a number (any form; digits count), made when it does not exist. */
  account(number: string, fields: AccountFields = {}): Account {
    const user = number.replace(/\D/g, '');
    const account = this.core.registry.byUser(user, 'pn') ?? this.core.registry.ensure(user);
    if (fields.name !== undefined) account.name = fields.name;
    if (fields.businessName !== undefined) account.businessName = fields.businessName;
    if (fields.about !== undefined) account.about = fields.about;
    Object.assign(account.phone.auto, fields.auto);
    this.core.events.emit('changed');
    return account;
  }

  /** Makes a group of these numbers, the first of them its owner; their linked devices are told. */
  group(subject: string, numbers: readonly string[]): Group {
    const users = numbers.map((number) => this.account(number).user);
    const group = createGroup(this.core, subject, users);
    const by = this.account(users[0] ?? '');
    announceCreation(this.core, group, { by });
    return group;
  }

  /** Open connections, of one account or of all. */
  connections(number?: string): Connection[] {
    const all = [...this.core.connections];
    if (number === undefined) return all;
    const user = number.replace(/\D/g, '');
    return all.filter((connection) => connection.device?.account.user === user);
  }

  /** Cuts TCP connections without a word; returns how many. */
  kick(number?: string): number {
    const cut = this.connections(number);
    for (const connection of cut) connection.terminate();
    return cut.length;
  }

  /** Leaves sockets open but dead: nothing is read or written any more. */
  freeze(number?: string): number {
    const frozen = this.connections(number);
    for (const connection of frozen) connection.freeze();
    return frozen.length;
  }

  /** Has nothing come to these clients any more, though their sockets stand. Their next connections hear again. */
  deafen(how: Deafness, number?: string): number {
    const deaf = this.connections(number);
    for (const connection of deaf) connection.deaf = how;
    return deaf.length;
  }

  /** Sets the faults of one account, whole: what is not given is off. They hold at once, deafness from the next login on. */
  accountFaults(number: string, given: Partial<AccountFaults> = {}): AccountFaults {
    const user = number.replace(/\D/g, '');
    const faults = { ...noAccountFaults(), ...given };
    this.core.faults.accounts.set(user, faults);
    for (const connection of this.connections(user)) connection.shuffle(faults);
    return faults;
  }

  /** Sends `<stream:error>` with an optional code and reason element, then closes. */
  streamError(error: StreamError, number?: string): number {
    const hit = this.connections(number);
    const reason = error.reason === undefined ? [] : [node(error.reason, { type: error.type })];
    for (const connection of hit) connection.end(node('stream:error', { code: error.code }, reason));
    return hit.length;
  }

  /** Sends a frame that fails authentication. */
  corrupt(number?: string): number {
    const hit = this.connections(number);
    for (const connection of hit) connection.sendCorrupt();
    return hit.length;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const { server, sockets, timers, state } = this.#lifetime;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    for (const connection of this.core.connections) connection.terminate();
    const phones = Array.from(this.core.registry.all(), (account) => account.phone);
    await Promise.all(phones.map((phone) => phone.settled()));
    for (const phone of phones) phone.close();
    await new Promise<void>((resolve) => sockets.close(() => resolve()));
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await this.core.media.close();
    await state?.[Symbol.asyncDispose]();
  }
}
