import type { Db } from '../platform/db/port.ts';
import { type ErrorDetail, WapingError } from '../platform/errors.ts';
import { isId } from '../platform/ids.ts';
import { DEVICE_BOUND, findDevicesOf } from './device-list-store.ts';

/** Names under which input refers to things: `deviceId`, `messageIds`, `to`, `replyTo`. Texts a caller writes have others. */
const NAMES_A_THING = /(^to|To|Ids?)$/;

/** What callers keep with us under names of their own. */
const CALLERS_OWN = new Set(['metadata', 'fields', 'variables']);

interface Named {
  param: string;
  id: string;
}

/** Every id of a device, or of something on a device, that input names. Its depth is bounded by the schema that parsed it. */
function namedIn(value: unknown, path: string, name: string): Named[] {
  if (typeof value === 'string') {
    const bound = NAMES_A_THING.test(name) && DEVICE_BOUND.some((prefix) => isId(prefix, value));
    return bound ? [{ param: path, id: value }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, at) => namedIn(item, `${path}.${at}`, name));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) =>
    CALLERS_OWN.has(key) ? [] : namedIn(item, path ? `${path}.${key}` : key, key),
  );
}

/**
 * Refuses input that names another device than a limited key may use, or something on one: FORBIDDEN with `deviceList`.
 * What does not exist in the workspace passes, for the verb to say so. It tells a slip from an empty answer; the wall is
 * the database's (`Db.within`), which such a key's statements go through whatever they name.
 */
export async function checkDeviceList(
  db: Db,
  call: { workspaceId: string; devices: readonly string[]; input: Record<string, unknown> },
): Promise<void> {
  const named = namedIn(call.input, '', '').filter(({ id }) => !call.devices.includes(id));
  if (named.length === 0) return;
  const found = await findDevicesOf(
    db.within(call.workspaceId),
    call.workspaceId,
    named.map(({ id }) => id),
  );
  const foreign = new Set(
    found.filter((row) => row.device_id === null || !call.devices.includes(row.device_id)).map((row) => row.id),
  );
  const refused = named.filter(({ id }) => foreign.has(id));
  const [first] = refused;
  if (!first) return;
  const details = refused.flatMap(({ param }): ErrorDetail[] => [
    { param: 'deviceList', message: `${param} names something outside the devices of this key` },
  ]);
  throw new WapingError('FORBIDDEN', 'this key may not use this device', { param: first.param, details });
}
