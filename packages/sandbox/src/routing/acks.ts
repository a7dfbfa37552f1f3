import { faultsOf } from '../account-faults.ts';
import { type Node, node } from '../codec/node.ts';
import type { Connection } from '../connection.ts';
import type { Core } from '../core.ts';

interface Ack {
  readonly id: string;
  readonly to: string;
  readonly t: string;
  readonly error: number | undefined;
}

/** An ack held back until the next one overtakes it, per connection. */
const heldBack = new WeakMap<Connection, Node>();
const REORDER_WAIT_MS = 200;

/** Sends the server's ack of a message, bent by whatever ack faults are on. Errors are always sent straight. */
export function acknowledge(core: Core, connection: Connection, ack: Ack): void {
  const { id, to, t } = ack;
  const error = ack.error === undefined ? undefined : String(ack.error);
  const item = node('ack', { id, class: 'message', from: to, t, error });
  if (error !== undefined) {
    connection.send(item);
    return;
  }
  const own = faultsOf(core.faults, connection.device?.account.user);
  if (core.faults.ackDrop || own.ackDrop) return;
  const copies = core.faults.ackDuplicate || own.ackDuplicate ? [item, item] : [item];
  if (core.faults.ackReorder || own.ackReorder) {
    reorder(core, connection, item);
    return;
  }
  const delayMs = Math.max(core.faults.ackDelayMs, own.ackDelayMs);
  if (delayMs > 0) {
    core.later(delayMs, () => sendAll(connection, copies));
    return;
  }
  sendAll(connection, copies);
}

function reorder(core: Core, connection: Connection, item: Node): void {
  const held = heldBack.get(connection);
  if (held) {
    heldBack.delete(connection);
    sendAll(connection, [item, held]);
    return;
  }
  heldBack.set(connection, item);
  core.later(REORDER_WAIT_MS, () => {
    if (heldBack.get(connection) !== item) return;
    heldBack.delete(connection);
    connection.send(item);
  });
}

function sendAll(connection: Connection, items: Node[]): void {
  for (const item of items) connection.send(item);
}
