import type { IncomingMessage, Server } from 'node:http';

/** Bytes; as Node's own default, but said here because a proxy in front must agree. */
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
/** How often connections are looked through for requests that take too long: timeouts are late by this at the most. */
const CHECK_MS = 1_000;
const MAX_CONNECTIONS = 10_000;

/** For Node's HTTP server. */
export const HTTP_OPTIONS = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_TIMEOUT_MS,
  connectionsCheckingInterval: CHECK_MS,
  // Node would refuse a request without one by itself, in its own words.
  requireHostHeader: false,
};

/**
 * Lets no address hold more than `perAddress` connections, and all together no more than there is room for. Proxies speak
 * for many: those in `isProxy` are not counted.
 */
export function limitConnections(
  server: Server<typeof IncomingMessage>,
  { perAddress, isProxy }: { perAddress: number; isProxy: (address: string) => boolean },
): void {
  const open = new Map<string, number>();
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    if (isProxy(address)) return;
    const count = open.get(address) ?? 0;
    if (count >= perAddress) {
      socket.destroy();
      return;
    }
    open.set(address, count + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
