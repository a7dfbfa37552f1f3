import { createServer, type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { authenticate, forgetConnection } from './auth.ts';
import type { Node } from './codec/node.ts';
import { Connection, type ConnectionHandlers } from './connection.ts';
import { controlHandler } from './control/index.ts';
import type { Core } from './core.ts';
import { handleIq } from './iq/index.ts';
import { makeCore } from './make-core.ts';
import { startMediaHost } from './media/media-host.ts';
import { Network } from './network-api.ts';
import { type NetworkOptions, resolveOptions } from './options.ts';
import { routeCall } from './phone/calling.ts';
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
  const { seed, caDir, mediaPort } = resolved;
  const media = await startMediaHost({ seed, port: mediaPort, ...(caDir === undefined ? {} : { caDir }) });
  const timers = new Set<NodeJS.Timeout>();
  const core = makeCore({ options: resolved, media, timers });
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
    await state?.[Symbol.asyncDispose]();
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
    sent: () => {
      core.stats.framesOut++;
    },
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
    case 'call':
      routeCall(core, connection, item);
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
