import { holds, type IpNetwork, parseAddress, parseNetwork } from '../platform/ip.ts';

/** Whom to believe about who a request is from: nobody, these networks, or so many hops whoever they are. */
export type TrustedProxies = { networks: readonly IpNetwork[] } | { hops: number } | null;

const MAX_HOPS = 10;

/** Reads WAPING_TRUSTED_PROXIES: networks separated by commas, or a number of hops. Null when it is neither. */
export function parseTrustedProxies(text: string): Exclude<TrustedProxies, null> | null {
  if (/^\d{1,2}$/.test(text)) {
    const hops = Number(text);
    return hops >= 1 && hops <= MAX_HOPS ? { hops } : null;
  }
  const networks = text.split(',').map((one) => parseNetwork(one.trim()));
  const read = networks.filter((network) => network !== null);
  return read.length === networks.length ? { networks: read } : null;
}

/** Whether an address, `hop` steps away (0 is who connects to us), is a proxy to believe. */
export function isTrusted(proxies: TrustedProxies, address: string, hop: number): boolean {
  if (proxies === null) return false;
  if ('hops' in proxies) return hop < proxies.hops;
  const from = parseAddress(address);
  return from !== null && proxies.networks.some((network) => holds(network, from));
}
