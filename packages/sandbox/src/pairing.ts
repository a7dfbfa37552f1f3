import type { Connection } from './connection.ts';
import { SandboxError } from './errors.ts';

interface Ref {
  readonly connection: Connection;
  readonly expiresAt: number;
}

/** QR refs handed to clients that want to be linked. Each is good for one scan until its time is up. */
export class QrRefs {
  readonly #refs = new Map<string, Ref>();

  add(ref: string, connection: Connection, expiresAt: number): void {
    this.#refs.set(ref, { connection, expiresAt });
  }

  /** Uses the ref up. Throws QR_UNKNOWN or QR_EXPIRED. */
  take(ref: string): Connection {
    const found = this.#refs.get(ref);
    if (!found) throw new SandboxError('QR_UNKNOWN', 'this QR code is not waiting to be scanned');
    if (Date.now() > found.expiresAt) throw new SandboxError('QR_EXPIRED', 'this QR code has expired');
    this.#refs.delete(ref);
    return found.connection;
  }

  forget(connection: Connection): void {
    for (const ref of connection.refs) this.#refs.delete(ref);
  }
}

/** A client waiting for its eight-character code to be typed on the phone. */
export interface LinkCodeRequest {
  readonly connection: Connection;
  readonly ref: string;
  readonly wrappedEphemeral: Buffer;
  readonly noiseKey: Buffer;
}

/** Pending pairing codes by phone number; the newest request of a number wins, as on the phone's screen. */
export class LinkCodes {
  readonly #requests = new Map<string, LinkCodeRequest>();

  set(user: string, request: LinkCodeRequest): void {
    this.#requests.set(user, request);
  }

  has(user: string): boolean {
    return this.#requests.has(user);
  }

  /** Throws LINK_CODE_UNKNOWN when nobody asked to link this number. */
  get(user: string): LinkCodeRequest {
    const request = this.#requests.get(user);
    if (!request) throw new SandboxError('LINK_CODE_UNKNOWN', `no device waits for a pairing code from ${user}`);
    return request;
  }

  delete(user: string): void {
    this.#requests.delete(user);
  }

  forget(connection: Connection): void {
    for (const [user, request] of this.#requests) if (request.connection === connection) this.#requests.delete(user);
  }
}
