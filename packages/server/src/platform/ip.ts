import ipaddr from 'ipaddr.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** One address, or a network in CIDR form. IPv4 inside IPv6 (`::ffff:192.0.2.1`) is held as the IPv4 it is. */
export interface IpNetwork {
  address: IpAddress;
  bits: number;
}

const MAPPED_BITS = 96;

/** An address as it is compared and shown; null for anything else, an address with a zone or a port included. */
export function parseAddress(text: string): IpAddress | null {
  // Short and octal forms of IPv4 mean one thing here and another elsewhere: not taken.
  if (text.includes('%') || !(ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text))) return null;
  return ipaddr.process(text);
}

function prefixOf(text: string | undefined, most: number): number | null {
  if (text === undefined) return most;
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return bits <= most ? bits : null;
}

/** Reads `192.0.2.0/24`, `2001:db8::/32` or one address. Null when it is none, or bits behind the prefix are set. */
export function parseNetwork(text: string): IpNetwork | null {
  const [head = '', tail, ...more] = text.split('/');
  const address = parseAddress(head);
  if (!address || more.length > 0) return null;
  const mapped = address.kind() === 'ipv4' && head.includes(':');
  const most = address.kind() === 'ipv4' && !mapped ? 32 : 128;
  const given = prefixOf(tail, most);
  if (given === null || (mapped && given < MAPPED_BITS)) return null;
  const bits = mapped ? given - MAPPED_BITS : given;
  return trailingZero(address.toByteArray(), bits) ? { address, bits } : null;
}

/** `10.0.0.7/8` is more likely a slip than a wish for all of 10.0.0.0/8. */
function trailingZero(bytes: number[], bits: number): boolean {
  return bytes.every((byte, at) => {
    const kept = Math.min(8, Math.max(0, bits - at * 8));
    return (byte & (0xff >> kept)) === 0;
  });
}

/** The one spelling of a network: a single address without its prefix. */
export function showNetwork({ address, bits }: IpNetwork): string {
  const whole = address.kind() === 'ipv4' ? 32 : 128;
  return bits === whole ? address.toString() : `${address.toString()}/${bits}`;
}

/** Whether the network holds the address. */
export function holds(network: IpNetwork, address: IpAddress): boolean {
  const [mine, theirs] = [network.address.toByteArray(), address.toByteArray()];
  if (mine.length !== theirs.length) return false;
  return mine.every((byte, at) => {
    const kept = Math.min(8, Math.max(0, network.bits - at * 8));
    return ((byte ^ (theirs[at] ?? 0)) & ~(0xff >> kept) & 0xff) === 0;
  });
}

/** Whether every address of `inner` is one of `outer`. */
export function covers(outer: IpNetwork, inner: IpNetwork): boolean {
  return inner.bits >= outer.bits && holds(outer, inner.address);
}
