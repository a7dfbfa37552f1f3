import type { OperationContext } from './context.ts';
import { type Operation, RawReply, type ReplyBody } from './define.ts';
import { serialize } from './serialize.ts';

/** A finished call: the text to send, the same for every surface. */
export interface CallReply {
  status: number;
  headers: Record<string, string>;
  body: ReplyBody;
  /** What is kept for a repeated Idempotency-Key, where it is not the body. */
  stored?: string;
  replayed: boolean;
  /** What the verb answered, for who judges the call before it commits. Not there on a replay. */
  output?: unknown;
}

/** Runs a verb and writes its output as the operation's schema says. */
export async function runVerb(
  operation: Operation,
  input: Record<string, unknown>,
  context: OperationContext,
  answer?: unknown,
): Promise<CallReply> {
  const output = await operation.run(context, input, answer);
  const { status } = operation.http;
  if (output instanceof RawReply) {
    const headers = { ...output.headers, 'content-type': output.contentType };
    return { status: output.status ?? status, headers, body: output.body, replayed: false };
  }
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' };
  if (operation.location) headers.location = operation.location(output);
  const body = status === 204 ? '' : serialize(operation, output);
  const reply = { status, headers, body, replayed: false, output };
  return operation.replayed ? { ...reply, stored: serialize(operation, operation.replayed(output)) } : reply;
}
