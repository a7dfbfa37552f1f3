import type { SinkMessage } from './port.ts';

/** What is on its way to a broker at one time and not confirmed yet: messages, and bytes of them. */
export interface Portion {
  messages: number;
  bytes: number;
}

/** Parts of a batch, in order, each within a bound, taken from it when they are asked for. One message that is longer than the bound goes alone. */
export function* portions<T extends { body: Buffer }>(batch: Iterable<T>, most: Portion): Generator<readonly T[]> {
  let part: T[] = [];
  let bytes = 0;
  for (const message of batch) {
    const isFull = part.length >= most.messages || bytes + message.body.length > most.bytes;
    if (isFull && part.length > 0) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(message);
    bytes += message.body.length;
  }
  if (part.length > 0) yield part;
}

/** A message with its body as it goes out. */
export interface Outgoing {
  message: SinkMessage;
  body: Buffer;
}

/** The messages of a batch with their bodies, each made when it is asked for: only those on their way are in memory. */
export function* outgoing(batch: readonly SinkMessage[], mostBytes: number): Generator<Outgoing> {
  for (const message of batch) yield { message, body: message.bodyWithin(mostBytes) };
}
