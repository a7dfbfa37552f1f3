import { proto } from 'baileys';
import { faultsOf } from './account-faults.ts';
import type { Companion } from './accounts.ts';
import { SERVER_JID } from './codec/jid.ts';
import { type Node, node } from './codec/node.ts';
import type { Connection } from './connection.ts';
import { type Core, nowSeconds, stanzaId } from './core.ts';
import { isOutdated } from './faults.ts';

const LOGGED_OUT = 401;
const TEMPORARY_BAN = 403;
const OUTDATED = 405;

/** First word after the handshake: a client without credentials is offered QR refs, one with them is logged in. */
export function authenticate(core: Core, connection: Connection, payload: Buffer): void {
  const hello = proto.ClientPayload.decode(payload);
  connection.payload = hello;
  const version = hello.userAgent?.appVersion;
  const shown = [version?.primary ?? 0, version?.secondary ?? 0, version?.tertiary ?? 0];
  if (isOutdated(shown, core.faults.minVersion)) {
    connection.fail(OUTDATED);
    return;
  }
  const registers = (hello.devicePairingData?.eRegid?.length ?? 0) > 0;
  const { rejectLogin } = core.faults;
  if (rejectLogin !== undefined && !(registers && rejectLogin === LOGGED_OUT)) {
    refuse(connection, rejectLogin);
    return;
  }
  if (registers) {
    offerRefs(core, connection);
    return;
  }
  const device = core.registry.byUser(String(hello.username ?? ''), 'pn')?.devices.get(hello.device ?? 0);
  if (!device?.noiseKey.equals(connection.clientStatic)) {
    connection.fail(LOGGED_OUT);
    return;
  }
  const refused = faultsOf(core.faults, device.account.user).rejectLogin;
  if (refused !== undefined) {
    refuse(connection, refused);
    return;
  }
  logIn(core, connection, device);
}

function refuse(connection: Connection, code: number): void {
  connection.fail(code, code === TEMPORARY_BAN ? { code: '101', expire: '3600' } : {});
}

function offerRefs(core: Core, connection: Connection): void {
  const { firstMs, nextMs, count } = core.options.qr;
  const now = Date.now();
  connection.refs = Array.from({ length: count }, () => `2@${core.random.bytes(24).toString('base64url')}`);
  for (const [index, ref] of connection.refs.entries()) {
    core.refs.add(ref, connection, now + firstMs + index * nextMs);
  }
  const refs = connection.refs.map((ref) => node('ref', {}, Buffer.from(ref)));
  const attrs = { id: stanzaId(core, 'pd'), type: 'set', xmlns: 'md', from: SERVER_JID };
  connection.send(node('iq', attrs, [node('pair-device', {}, refs)]));
  core.later(firstMs + count * nextMs, () => {
    if (!connection.device && core.connections.has(connection)) connection.end();
  });
  core.events.emit('registration', connection);
}

function logIn(core: Core, connection: Connection, device: Companion): void {
  const replaced = node('stream:error', {}, [node('conflict', { type: 'replaced' })]);
  device.connection?.end(replaced);
  connection.device = device;
  device.connection = connection;
  core.stats.logins++;
  const t = nowSeconds();
  connection.send(
    node('success', {
      t,
      props: '2',
      lid: device.lid,
      display_name: device.account.name,
      creation: t,
      location: 'sandbox',
    }),
  );
  const routing = node('edge_routing', {}, [node('routing_info', {}, Buffer.from([8, 7, 8, 5]))]);
  connection.send(node('ib', { from: SERVER_JID }, [routing]));
  applyFaults(core, connection, device);
  sendBacklog(connection, device);
  core.events.emit('login', device);
}

function applyFaults(core: Core, connection: Connection, device: Companion): void {
  const faults = faultsOf(core.faults, device.account.user);
  connection.shuffle(faults);
  connection.deaf = faults.deaf;
}

/** Everything not confirmed yet, in order and marked offline; live stanzas follow only after it. */
function sendBacklog(connection: Connection, device: Companion): void {
  const backlog = device.queue.nodes();
  const count = (tag: string): string => String(backlog.filter((item) => item.tag === tag).length);
  if (backlog.length > 0) {
    const attrs = { count: String(backlog.length), message: count('message'), receipt: count('receipt') };
    const preview = node('offline_preview', { ...attrs, notification: count('notification'), appdata: '0' });
    connection.send(node('ib', { from: SERVER_JID }, [preview]));
  }
  for (const item of backlog) connection.send(asOffline(item));
  connection.send(node('ib', { from: SERVER_JID }, [node('offline', { count: String(backlog.length) })]));
  connection.ready = true;
}

function asOffline(item: Node): Node {
  return { ...item, attrs: { ...item.attrs, offline: '0' } };
}

/** Cleans up after a closed socket. */
export function forgetConnection(core: Core, connection: Connection): void {
  core.connections.delete(connection);
  core.refs.forget(connection);
  core.linkCodes.forget(connection);
  const { device } = connection;
  if (!device || device.connection !== connection) return;
  device.connection = undefined;
  core.events.emit('offline', device);
}
