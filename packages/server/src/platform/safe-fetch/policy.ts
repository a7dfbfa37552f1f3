import { holds, type IpAddress, type IpNetwork, parseAddress, parseNetwork } from '../ip.ts';

/** Hosts and networks the operator lets outside URLs lead to though they are private, on any port. */
export interface AllowList {
  networks: readonly IpNetwork[];
  /** Lower-case names. */
  hosts: ReadonlySet<string>;
}

export const ALLOW_NONE: AllowList = { networks: [], hosts: new Set() };

const HOST = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** Reads `10.0.0.0/8,files.intranet`. Null when a part is neither a network nor a host name. */
export function parseAllowList(text: string): AllowList | null {
  const networks: IpNetwork[] = [];
  const hosts = new Set<string>();
  for (const part of text.split(',').map((one) => one.trim().toLowerCase())) {
    const network = parseNetwork(part);
    if (network) networks.push(network);
    else if (HOST.test(part) && !/^[\d.]+$/.test(part)) hosts.add(part);
    else return null;
  }
  return { networks, hosts };
}

const network = (text: string): IpNetwork => {
  const parsed = parseNetwork(text);
  if (!parsed) throw new Error(`not a network: ${text}`);
  return parsed;
};

/** All of IPv6 that is given out (RFC 4291, 2.4). What lies outside is local, or carries IPv4 inside. */
const GLOBAL_V6 = network('2000::/3');

/** Public addresses at which a cloud answers its own machines. */
const METADATA = ['168.63.129.16'].map(network);

/**
 * Whether an address is one of the public internet: not loopback, private, link-local, shared (RFC 6598), multicast,
 * reserved, and no IPv6 that wraps IPv4 (mapped, compatible, NAT64, 6to4, Teredo), whatever the IPv4 is.
 */
export function isPublic(address: IpAddress): boolean {
  if (METADATA.some((one) => holds(one, address))) return false;
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || holds(GLOBAL_V6, address));
}

/** An address as it stands in a URL's host or comes from a resolver; null for anything else. */
export function addressIn(host: string): IpAddress | null {
  return parseAddress(host.replace(/^\[(.*)\]$/, '$1'));
}

const DEFAULT_PORTS: readonly string[] = ['', '80', '443'];

/** Whether the operator lets URLs lead to this host, whatever its addresses. */
export function isAllowedHost(allow: AllowList, hostname: string): boolean {
  return allow.hosts.has(hostname.toLowerCase().replace(/\.$/, ''));
}

/** Whether an address may be connected to on this port (empty: the scheme's own). */
export function mayConnect(allow: AllowList, address: IpAddress, port: string): boolean {
  if (allow.networks.some((one) => holds(one, address))) return true;
  return isPublic(address) && DEFAULT_PORTS.includes(port);
}
