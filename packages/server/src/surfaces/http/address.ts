import type { FastifyRequest } from 'fastify';
import { parseAddress } from '../../platform/ip.ts';

/** What an address that cannot be read is called. It is on no list, and all of them count as one. */
const UNKNOWN = 'unknown';

// Some proxies write the client's port too; a link-local address names the interface it came in by.
const bare = (text: string) =>
  text
    .replace(/^\[([^\]]+)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/%.*$/, '');

/** Few clients send most requests: theirs are not read anew each time. */
const MAX_READ = 1_000;
const read = new Map<string, string>();

/**
 * Where a request is from: who connected, or whom the trusted proxies say they speak for. IPv4 inside IPv6 is told as
 * IPv4. All that goes by addresses (IP lists, slowing of sign-ins, last-used) goes by this one.
 */
export function addressOf(request: FastifyRequest): string {
  const given = request.ip ?? '';
  const known = read.get(given);
  if (known !== undefined) return known;
  const address = parseAddress(bare(given))?.toString() ?? UNKNOWN;
  if (read.size >= MAX_READ) read.clear();
  read.set(given, address);
  return address;
}
