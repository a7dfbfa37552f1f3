import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { type ChatKey, findByChatKeys, insertConversations } from './store.ts';

const sameChat = (row: { device_id: string; contact_id: string | null; group_id: string | null }, key: ChatKey) =>
  row.device_id === key.deviceId &&
  (key.contactId !== null ? row.contact_id === key.contactId : row.group_id === key.groupId);

/** The conversations behind a batch of chats, made where missing, in the order given. */
export async function ensureConversations(tx: Queryable, keys: readonly ChatKey[]): Promise<string[]> {
  if (keys.length === 0) return [];
  let found = await findByChatKeys(tx, keys);
  const missing = new Map<string, ChatKey & { id: string }>();
  for (const key of keys) {
    if (!found.some((row) => sameChat(row, key))) {
      missing.set(`${key.deviceId}/${key.contactId ?? key.groupId}`, { ...key, id: newId('cnv') });
    }
  }
  if (missing.size > 0) {
    await insertConversations(tx, [...missing.values()]);
    found = await findByChatKeys(tx, keys);
  }
  return keys.map((key) => {
    const row = found.find((candidate) => sameChat(candidate, key));
    if (!row) throw new Error('a conversation inserted in this transaction is not visible to it');
    return row.id;
  });
}
