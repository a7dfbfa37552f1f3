import type { proto, WASocket } from 'baileys';
import type { Address, OutboundBody } from '../../port.ts';
import { toJid } from './address.ts';
import { toProto } from './content/body.ts';
import type { Naming } from './content/context.ts';
import { bareJid, type Self } from './envelope.ts';
import type { MediaReference } from './media/reference.ts';

export interface BodyWriterDeps {
  /** The secret of a message of ours. */
  secret: (waId: string) => Uint8Array;
  /** The secret of a message another made, as it was sealed when it came. */
  openSecret: (waId: string, sealed: Uint8Array) => Uint8Array;
  /** Where a file was uploaded. Throws when another device sealed it. */
  openMedia: (sealed: Uint8Array) => MediaReference;
  self: () => Self | undefined;
  /** How members of a group are named in it. */
  addressing: (jid: string, sock: WASocket) => Promise<string | undefined>;
}

interface Destination {
  sock: WASocket;
  jid: string;
  waId: string;
}

/** Turns bodies into protobufs, with people named as the chat names them. */
export class BodyWriter {
  readonly #deps: BodyWriterDeps;

  constructor(deps: BodyWriterDeps) {
    this.#deps = deps;
  }

  /** Undefined for what cannot be sent. */
  async write(body: OutboundBody, to: Destination): Promise<proto.IMessage | undefined> {
    // Only who is named needs to be named rightly, and most messages name nobody.
    const isNamed = body.context !== undefined || body.target !== undefined;
    const naming = isNamed ? await this.#naming(to) : { chat: to.jid, self: '', jidOf: toJid };
    const { openMedia, openSecret, secret } = this.#deps;
    return toProto(body, naming, {
      secret: () => secret(to.waId),
      pollSecret: (waId, sealed) => (sealed ? openSecret(waId, sealed) : secret(waId)),
      openMedia,
    });
  }

  async #naming({ sock, jid }: Destination): Promise<Naming> {
    const isGroup = jid.endsWith('@g.us');
    const byLid = isGroup ? (await this.#deps.addressing(jid, sock)) === 'lid' : jid.endsWith('@lid');
    const self = this.#deps.self();
    const own = byLid ? (self?.lid ?? self?.id) : self?.id;
    const jidOf = (address: Address): string | undefined =>
      byLid && address.kind === 'person' && address.lid !== undefined ? `${address.lid}@lid` : toJid(address);
    return { chat: jid, self: bareJid(own ?? '') ?? '', jidOf };
  }
}
