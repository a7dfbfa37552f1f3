import { Resolver as DnsResolver, lookup } from 'node:dns/promises';
import { FetchError } from './error.ts';
import { type AllowList, addressIn, isAllowedHost, mayConnect } from './policy.ts';

/** Addresses of one host that are tried. */
const MAX_ADDRESSES = 4;

/** Resolves a name to all its addresses, as text. */
export type Resolver = (hostname: string) => Promise<readonly string[]>;

/** As the system resolves, its hosts file included. It runs in the few threads that all work on files shares. */
const systemResolver: Resolver = async (hostname) => {
  const found = await lookup(hostname, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

const DNS = { timeout: 2_000, tries: 2 };

/** Asks the system's name servers without a thread, so that silent ones hold up nobody else. */
const dnsResolver: Resolver = async (hostname) => {
  // Never a name server's to say (RFC 6761).
  if (/(^|\.)localhost\.?$/i.test(hostname)) return ['127.0.0.1', '::1'];
  const dns = new DnsResolver(DNS);
  const found = await Promise.allSettled([dns.resolve4(hostname), dns.resolve6(hostname)]);
  const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  if (addresses.length === 0) for (const one of found) if (one.status === 'rejected') throw one.reason;
  return addresses;
};

const NOT_FOUND = new Set(['ENOTFOUND', 'ENODATA']);
const codeOf = (error: unknown): string => String(Reflect.get(Object(error), 'code'));

/**
 * What the operator allows is looked up as the operator's system does: by name, or where networks are allowed whose names
 * no name server may know. A stranger's name costs no thread.
 */
export function resolverFor(allow: AllowList): Resolver {
  return async (hostname) => {
    if (isAllowedHost(allow, hostname)) return systemResolver(hostname);
    try {
      return await dnsResolver(hostname);
    } catch (error) {
      if (allow.networks.length > 0 && NOT_FOUND.has(codeOf(error))) return systemResolver(hostname);
      throw error;
    }
  };
}

/**
 * The addresses a URL may be fetched from: those connected to are these very ones, so that a second look-up cannot
 * answer otherwise. One forbidden address among them forbids the host. Throws FetchError.
 */
export async function resolveAllowed(url: URL, allow: AllowList, resolver: Resolver): Promise<string[]> {
  const literal = addressIn(url.hostname);
  const texts = literal ? [literal.toString()] : await namesOf(url.hostname, resolver);
  if (texts.length === 0) throw new FetchError('host');
  const trusted = isAllowedHost(allow, url.hostname);
  for (const text of texts) {
    const address = addressIn(text);
    if (!address || !(trusted || mayConnect(allow, address, url.port))) throw new FetchError('forbidden');
  }
  return texts.slice(0, MAX_ADDRESSES);
}

async function namesOf(hostname: string, resolver: Resolver): Promise<readonly string[]> {
  try {
    return await resolver(hostname);
  } catch (error) {
    throw new FetchError(codeOf(error) === 'ETIMEOUT' ? 'timeout' : 'host', error);
  }
}
