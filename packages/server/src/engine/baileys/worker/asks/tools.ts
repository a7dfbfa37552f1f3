import type { BinaryNode } from 'baileys';
import { EngineAskError } from '../../../asks.ts';
import { type Address, EngineSendError } from '../../../port.ts';
import { toJid } from '../address.ts';
import { GateClosedError } from '../frame-gate.ts';
import type { LiveSocket } from '../live-socket.ts';
import { answerCode, CONNECTION_CODES, errorCode } from '../socket-hooks.ts';

/** Baileys gives a query half a minute; who asks has given up by then. */
const QUERY_MS = 20_000;

/** What the answerers of questions work with. */
export interface AskTools {
  /** The open connection. Throws `not_open`. */
  live(): LiveSocket;
  /** A group changed by this device: whatever became of the change, its state is read again and recorded. */
  readAgain(groupId: string): void;
  /**
   * This device is changing its groups: called before WhatsApp is asked and again when it has answered. What was being
   * read of groups meanwhile may be older than the change, and is not recorded.
   */
  changing(groupId: string | null): void;
}

/** Sends one `iq` and waits for its answer, or for the end of the connection, whichever comes first. */
export async function query(
  tools: AskTools,
  iq: { to: string; xmlns: string; type: 'get' | 'set'; target?: string },
  ...content: BinaryNode[]
) {
  const live = tools.live();
  const asked: Promise<unknown> = live.sock.query({ tag: 'iq', attrs: { ...iq }, content }, QUERY_MS);
  return asNode(await Promise.race([asked, live.gate.whenClosed]));
}

/** Guarantee: Baileys resolves a query with the stanza that carries its id. */
function asNode(answer: unknown): BinaryNode {
  return answer as BinaryNode;
}

export const SERVER = 's.whatsapp.net';

/** The JID of a group or person. Throws `refused` for an address without one. */
export function jidOf(address: Address): string {
  const jid = toJid(address);
  if (jid === undefined) throw new EngineAskError('refused', 'this address has no name on WhatsApp');
  return jid;
}

export const groupJid = (id: string): string => `${id}@g.us`;

/** Why a question was not answered, in the words of the port. */
export function askError(error: unknown): EngineAskError {
  if (error instanceof EngineAskError) return error;
  if (error instanceof EngineSendError) return new EngineAskError('not_open', error.message);
  if (error instanceof GateClosedError) return new EngineAskError('no_answer', 'the connection was lost');
  const code = answerCode(error);
  const text = error instanceof Error ? error.message.slice(0, 200) : 'unknown';
  if (code !== undefined) return new EngineAskError('refused', text, { code });
  if (CONNECTION_CODES.has(errorCode(error) ?? 0)) return new EngineAskError('no_answer', 'WhatsApp did not answer');
  return new EngineAskError('refused', text, { code: errorCode(error) });
}
