import { jidDecode, type WASocket } from 'baileys';
import { EngineSendError, type MessageAction, type Outbound } from '../../port.ts';
import { toJid } from './address.ts';
import type { BodyWriter } from './body-writer.ts';
import { extraNodes } from './content/body.ts';
import { editAttribute } from './content/change.ts';
import { GateClosedError } from './frame-gate.ts';
import { KeyedLock } from './keyed-lock.ts';
import type { SessionCaches } from './library-cache.ts';
import type { LiveSocket } from './live-socket.ts';
import { Semaphore } from './semaphore.ts';
import { answerCode, CONNECTION_CODES, errorCode } from './socket-hooks.ts';
import { inTaskScope } from './task-scope.ts';
import { Turn } from './turn.ts';

export interface SenderDeps {
  /** The open connection; undefined while there is none. */
  live: () => LiveSocket | undefined;
  caches: SessionCaches;
  writer: BodyWriter;
  lanes: number;
  maxQueued: number;
  /** Has the next message to a group bring its key to every member, also to those noted as having it. */
  forgetKeyHolders: (group: string) => void;
  /** A message's stanza has left. */
  left: (waId: string) => void;
}

/** A message whose frame has its place at the gate. */
interface Relayed {
  waId: string;
  live: LiveSocket;
  frame: number;
}

/** Puts messages on the wire: in order within a chat, several chats side by side, a bounded number waiting. */
export class Sender {
  readonly #deps: SenderDeps;
  readonly #lanes = new KeyedLock();
  readonly #slots: Semaphore;
  readonly #turn = new Turn();
  #queued = 0;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
    this.#slots = new Semaphore(deps.lanes);
  }

  /** Resolves when the stanzas of these messages of one chat have left the process. Rejects with EngineSendError. */
  async send(messages: readonly Outbound[]): Promise<void> {
    const to = messages[0]?.to;
    const jid = to && toJid(to);
    if (jid === undefined) throw cannotBeSent();
    if (this.#queued >= this.#deps.maxQueued)
      throw new EngineSendError('refused', 'too many messages wait in this session', true);
    this.#queued += messages.length;
    try {
      const { relayed, error } = await this.#lanes.run(jid, () => this.#relayAll(jid, messages));
      await this.#allLeft(relayed);
      if (error) throw sendError(error, relayed.length);
    } finally {
      this.#queued -= messages.length;
    }
  }

  /** One after the other: none goes before the one ahead of it has its place among the frames, and none after a failure. */
  async #relayAll(jid: string, messages: readonly Outbound[]): Promise<{ relayed: Relayed[]; error?: unknown }> {
    const relayed: Relayed[] = [];
    for (const message of messages) {
      try {
        relayed.push(await this.#slots.run(() => this.#relay(jid, message)));
      } catch (error) {
        return { relayed, error: error ?? new Error('the send failed') };
      }
    }
    return { relayed };
  }

  async #relay(jid: string, message: Outbound): Promise<Relayed> {
    await this.#turn.breathe();
    const live = this.#deps.live();
    if (!live) throw new EngineSendError('not_open', 'the session is not connected', true);
    if (message.to.kind === 'status' && audienceOf(message).length === 0) throw nobodyToSee();
    const { waId, content } = message;
    const writing = this.#deps.writer.write(message, { sock: live.sock, jid, waId });
    const body = await Promise.race([writing, live.gate.whenClosed]);
    if (!body) throw cannotBeSent();
    const finding = () => inTaskScope({ keepSessions: true }, () => this.#findDevices(live.sock, jid));
    if (message.to.kind === 'person') await Promise.race([finding(), live.gate.whenClosed]);
    // Baileys notes who has a group's key before the frame that brings it leaves. Where that was lost or refused, the
    // message would come again without the key, and every member had to ask for it.
    if (message.again && message.to.kind === 'group') this.#deps.forgetKeyHolders(jid);
    const send = { frame: 0 };
    const relay = inTaskScope({ send, keepSessions: true }, () =>
      live.sock.relayMessage(jid, body, {
        messageId: waId,
        additionalNodes: extraNodes(message),
        ...(message.to.kind === 'status' ? { statusJidList: audienceOf(message) } : {}),
        ...(isAction(content) ? { additionalAttributes: { edit: editAttribute(content.type) } } : {}),
      }),
    );
    // Baileys leaves the queries of a closed connection to their time-outs.
    await Promise.race([relay, live.gate.whenClosed]);
    return { waId, live, frame: send.frame };
  }

  async #allLeft(relayed: readonly Relayed[]): Promise<void> {
    for (const [at, { waId, live, frame }] of relayed.entries()) {
      await live.gate.left(frame).catch((error: unknown) => {
        throw sendError(error, at);
      });
      this.#deps.left(waId);
    }
  }

  /** Baileys would send to our own devices alone when the recipient has none. */
  async #findDevices(sock: WASocket, jid: string): Promise<void> {
    const user = jidDecode(jid)?.user ?? '';
    if (this.#deps.caches.devices.has(user)) return;
    const self = ownJid(sock, jid);
    const devices = await sock.getUSyncDevices(self === undefined ? [jid] : [self, jid], true, false);
    if (devices.some((device) => device.user === user)) return;
    const known = jid.endsWith('@lid') ? undefined : await sock.onWhatsApp(jid);
    if (known && !known.some(({ exists }) => exists))
      throw new EngineSendError('not_on_whatsapp', 'the number is not on WhatsApp', false);
    throw new EngineSendError('no_keys', 'WhatsApp named no device of the recipient', true);
  }
}

const cannotBeSent = () => new EngineSendError('unsupported', 'this message cannot be sent to this address', false);

const nobodyToSee = () => new EngineSendError('refused', 'there is nobody to show this status update to', false);

/** JIDs of who is to see a status update. */
const audienceOf = ({ audience = [] }: Outbound): string[] => audience.flatMap((one) => toJid(one) ?? []);

const isAction = (content: Outbound['content']): content is MessageAction =>
  content.type === 'edit' || content.type === 'revoke';

/** The account under the same kind of name as the recipient; Baileys asks for both at once. */
function ownJid(sock: WASocket, jid: string): string | undefined {
  const me = sock.authState.creds.me;
  const own = jid.endsWith('@lid') ? me?.lid : me?.id;
  const decoded = own === undefined ? undefined : jidDecode(own);
  return decoded && `${decoded.user}@${decoded.server}`;
}

/** WhatsApp's own error codes on a query: no such device or keys; too fast. What it says of a group: see GroupCache. */
const NO_KEYS = new Set([404, 406]);
const TOO_FAST = 429;

function sendError(error: unknown, left: number): EngineSendError {
  const { reason, message, retry, providerCode } = error instanceof EngineSendError ? error : classified(error);
  return new EngineSendError(reason, message, retry, { left, providerCode });
}

function classified(error: unknown): EngineSendError {
  if (error instanceof GateClosedError) return new EngineSendError('not_open', error.message, true);
  const text = error instanceof Error ? error.message.slice(0, 200) : 'unknown';
  const answer = answerCode(error);
  if (answer === undefined && CONNECTION_CODES.has(errorCode(error) ?? 0))
    return new EngineSendError('not_open', 'the connection was lost', true);
  if (text.includes('All encryptions failed') || NO_KEYS.has(answer ?? 0))
    return new EngineSendError('no_keys', 'no key of the recipient could be had', true);
  const passing = answer !== undefined && (answer === TOO_FAST || answer >= 500);
  return new EngineSendError('refused', text, passing);
}
