import { grants } from '../../operations/access.ts';
import type { ErrorDetail } from '../../platform/errors.ts';
import { covers, type IpNetwork, parseNetwork } from '../../platform/ip.ts';

/** All that decides what a key may do, as it is stored. */
export interface KeyRights {
  scopes: readonly string[];
  /** Null: no list. */
  devices: readonly string[] | null;
  ips: readonly string[] | null;
  expiresAt: Date | null;
}

const networks = (texts: readonly string[]): IpNetwork[] =>
  texts.map(parseNetwork).filter((network) => network !== null);

function devicesBeyond(mine: readonly string[] | null, wanted: readonly string[] | null): boolean {
  if (mine === null) return false;
  return wanted === null || wanted.some((id) => !mine.includes(id));
}

function ipsBeyond(mine: readonly string[] | null, wanted: readonly string[] | null): boolean {
  if (mine === null) return false;
  if (wanted === null) return true;
  const outer = networks(mine);
  return networks(wanted).some((inner) => !outer.some((network) => covers(network, inner)));
}

function expiryBeyond(mine: Date | null, wanted: Date | null): boolean {
  if (mine === null) return false;
  return wanted === null || wanted > mine;
}

/** What of `wanted` is more than `mine`; empty when it lies within. */
export function beyond(mine: KeyRights, wanted: KeyRights): ErrorDetail[] {
  const scopes = wanted.scopes.filter((scope) => !grants(mine.scopes, scope));
  return [
    ...scopes.map((scope) => ({ param: 'scope', message: `${scope} is not among the scopes of the calling key` })),
    ...(devicesBeyond(mine.devices, wanted.devices)
      ? [{ param: 'deviceList', message: 'reaches beyond the devices of the calling key' }]
      : []),
    ...(ipsBeyond(mine.ips, wanted.ips)
      ? [{ param: 'ipList', message: 'reaches beyond the addresses of the calling key' }]
      : []),
    ...(expiryBeyond(mine.expiresAt, wanted.expiresAt)
      ? [{ param: 'expiresAt', message: `lies after the expiry of the calling key, ${mine.expiresAt?.toISOString()}` }]
      : []),
  ];
}
