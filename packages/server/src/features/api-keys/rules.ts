import type { Operation } from '../../operations/define.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { type ErrorDetail, WapingError } from '../../platform/errors.ts';
import { parseNetwork, showNetwork } from '../../platform/ip.ts';
import { listExistingDevices } from '../devices/index.ts';

/** Every scope a key can be given by name, in order. */
export function knownScopes(operations: readonly Operation[]): string[] {
  const scopes = operations
    .filter((one) => one.audience !== 'operator' && !one.everyKey)
    .flatMap(({ scope, optionScopes = [] }): string[] => [scope, ...optionScopes]);
  return [...new Set(scopes)].sort();
}

/** Throws VALIDATION_ERROR that names each unknown scope and lists those there are. */
export function checkScopes(scopes: readonly string[], known: readonly string[]): void {
  const grantable = new Set([...known, ...known.map((scope) => `${scope.slice(0, scope.indexOf(':'))}:*`), '*']);
  const unknown = scopes.flatMap((scope, at): ErrorDetail[] =>
    grantable.has(scope) ? [] : [{ param: `scopes.${at}`, message: `"${scope}" is not a scope` }],
  );
  const [first] = unknown;
  if (!first) return;
  const list = `Scopes: ${known.join(', ')}, resource:* or *`;
  throw new WapingError('VALIDATION_ERROR', `${first.param}: ${first.message}. ${list}`, {
    param: first.param,
    details: unknown.map(({ param, message }) => ({ param, message: `${message}. ${list}` })),
  });
}

/** Throws VALIDATION_ERROR unless the time lies ahead. */
export function checkExpiry(expiresAt: Date | null, now: Date): void {
  if (expiresAt === null || expiresAt > now) return;
  throw new WapingError('VALIDATION_ERROR', 'expiresAt: must lie in the future', { param: 'expiresAt' });
}

/** Throws NOT_FOUND on a device that is not of this workspace. */
export async function checkDevices(tx: Queryable, workspaceId: string, ids: readonly string[] | null): Promise<void> {
  if (ids === null) return;
  const found = new Set(await listExistingDevices(tx, workspaceId, ids));
  const missing = ids.findIndex((id) => !found.has(id));
  if (missing < 0) return;
  throw new WapingError('NOT_FOUND', `no such device: ${ids[missing]}`, { param: `deviceIds.${missing}` });
}

/** Each once, in one order: what is listed is a set. */
export const asSet = (items: readonly string[]): string[] => [...new Set(items)].sort();

/** Networks in the spelling they are compared and shown in. VALIDATION_ERROR on what is none. */
export function normalNetworks(texts: readonly string[] | null): string[] | null {
  if (texts === null) return null;
  const spelled = texts.map((text, at) => {
    const network = parseNetwork(text);
    if (network) return showNetwork(network);
    throw new WapingError(
      'VALIDATION_ERROR',
      `allowedIps.${at}: must be an address or a network such as 192.0.2.0/24`,
      {
        param: `allowedIps.${at}`,
      },
    );
  });
  return asSet(spelled);
}
