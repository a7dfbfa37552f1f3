import type { Companion } from '../accounts.ts';
import { SERVER_JID } from '../codec/jid.ts';
import { type Node, node } from '../codec/node.ts';
import type { Connection } from '../connection.ts';
import type { Core } from '../core.ts';

/** One request from a client. `device` is absent while it is still being linked. */
export interface Request {
  readonly core: Core;
  readonly connection: Connection;
  readonly device: Companion | undefined;
  readonly iq: Node;
  /** First child: what is asked. */
  readonly ask: Node | undefined;
}

/** Answers with a stanza, or with nothing when the handler has sent what there was to send. */
export type Handler = (request: Request) => Node | undefined;

export function result({ iq }: Request, content?: Node[]): Node {
  return node('iq', { id: iq.attrs.id, type: 'result', from: iq.attrs.to ?? SERVER_JID }, content);
}

export function failure({ iq }: Request, code: number, text: string): Node {
  const error = node('error', { code: String(code), text });
  return node('iq', { id: iq.attrs.id, type: 'error', from: iq.attrs.to ?? SERVER_JID }, [error]);
}
