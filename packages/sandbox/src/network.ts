import { createServer, type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { Registry } from './accounts.ts';
import { type AppStateChange, AppStateServer, syncNotification } from './app-state/index.ts';
import { authenticate, forgetConnection } from './auth.ts';
import type { Node } from './codec/node.ts';
import { Connection, type ConnectionHandlers } from './connection.ts';
import { controlHandler } from './control/index.ts';
import { type Core, nowSeconds, stanzaId } from './core.ts';
import { Events } from './events.ts';
import { noFaults } from './faults.ts';
import { handleIq } from './iq/index.ts';
import { startMediaHost } from './media/media-host.ts';
import { Network } from './network-api.ts';
import { certificateChain } from './noise/certificate.ts';
import { type NetworkOptions, resolveOptions } from './options.ts';
import { LinkCodes, QrRefs } from './pairing.ts';
import { deriveKeyPair, RandomStream } from './rng.ts';
import { deliver } from './routing/deliver.ts';
import { routeMessage } from './routing/messages.ts';
import { routeChatstate, routePresence } from './routing/presence.ts';
import { acceptAck, routeReceipt } from './routing/receipts.ts';
import { type Autosave, keepState } from './state/index.ts';

const MAX_PAYLOAD_BYTES = 32 * 1024 * 1024;

/**
 * Starts a simulated WhatsApp network on 127.0.0.1 and resolves when it listens.
 * Throws NOT_LOOPBACK for any other host.
 */
export async function startNetwork(options: NetworkOptions = {}): Promise<Network> {
  const resolved = resolveOptions(options);
  const { seed, caDir } = resolved;
  const keys = {
    root: deriveKeyPair(seed, 'root'),
    intermediate: deriveKeyPair(seed, 'intermediate'),
    leaf: deriveKeyPair(seed, 'static'),
  };
  const media = await startMediaHost(caDir === undefined ? { seed } : { seed, caDir });
  const random = new RandomStream(seed, `ids:${resolved.epoch}`);
  const timers = new Set<NodeJS.Timeout>();
  const core: Core = {
    options: resolved,
    keys,
    certificate: certificateChain(keys, Math.floor(Date.now() / 1000)),
    random,
    events: new Events(),
    groups: new Map(),
    refs: new QrRefs(),
    linkCodes: new LinkCodes(),
    connections: new Set(),
    faults: noFaults(),
    stats: {
      framesIn: 0,
      framesOut: 0,
      messages: 0,
      delivered: 0,
      duplicateDeliveries: 0,
      decryptFailures: 0,
      logins: 0,
      pairings: 0,
    },
    media,
    appState: new AppStateServer({ random, blobs: media.blobs, onChange: (change) => appStateChanged(core, change) }),
    // The registry makes phones, and phones need the core: the getter closes the circle once `core` exists.
    get registry(): Registry {
      return registry;
    },
    later(ms, task) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        task();
      }, ms);
      timers.add(timer);
    },
  };
  const registry = new Registry(core);
  const server = createServer();
  const sockets = new WebSocketServer({
    server,
    path: '/ws/chat',
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
  });
  sockets.on('connection', (socket) => accept(core, socket));
  const state = await openState(core).catch(async (error: unknown) => {
    await media.close();
    throw error;
  });
  const port = await listen(server, resolved.port).catch(async (error: unknown) => {
    await media.close();
    throw error;
  });
  const network = new Network(core, { port, server, sockets, timers, state });
  server.on('request', controlHandler(network));
  return network;
}

function accept(core: Core, socket: WebSocket): void {
  const identity = { staticKey: core.keys.leaf, certificate: core.certificate };
  const handlers: ConnectionHandlers = {
    authenticated: (connection, payload) => authenticate(core, connection, payload),
    node: (connection, item) => dispatch(core, connection, item),
    closed: (connection) => forgetConnection(core, connection),
    failed: (connection, error) => core.events.emit('connectionError', connection, error),
  };
  core.connections.add(new Connection(socket, identity, handlers));
}

function dispatch(core: Core, connection: Connection, item: Node): void {
  core.stats.framesIn++;
  core.events.emit('node', connection, item);
  switch (item.tag) {
    case 'iq':
      handleIq(core, connection, item);
      return;
    case 'message':
      routeMessage(core, connection, item);
      return;
    case 'receipt':
      routeReceipt(core, connection, item);
      return;
    case 'ack':
      acceptAck(core, connection, item);
      return;
    case 'chatstate':
      routeChatstate(core, connection, item);
      return;
    case 'presence':
      routePresence(core, connection, item);
      return;
    default:
  }
}

function appStateChanged(core: Core, change: AppStateChange): void {
  const account = core.registry.byUser(change.user, 'pn');
  if (!account) return;
  core.events.emit('appState', account, change);
  core.events.emit('changed');
  for (const device of account.devices.values()) {
    if (device.id === change.author) continue;
    const to = { jid: account.jid, id: stanzaId(core, 'ss'), t: nowSeconds() };
    deliver(core, device, syncNotification(to, change));
  }
}

/** Before anybody can log in, the network has to know who was linked. */
async function openState(core: Core): Promise<Autosave | undefined> {
  const { stateFile } = core.options;
  if (stateFile === undefined) return undefined;
  return keepState(core, stateFile, (error) => core.events.emit('stateError', error));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
