import { lookup } from 'node:dns/promises';
import { FetchError } from './error.ts';
import { type AllowList, addressIn, isAllowedHost, mayConnect } from './policy.ts';

/** Addresses of one host that are tried. */
const MAX_ADDRESSES = 4;

/** Resolves a name to all its addresses, as text. */
export type Resolver = (hostname: string) => Promise<readonly string[]>;

/** As the system resolves, its hosts file included. */
export const systemResolver: Resolver = async (hostname) => {
  const found = await lookup(hostname, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

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
    throw new FetchError('host', error);
  }
}
