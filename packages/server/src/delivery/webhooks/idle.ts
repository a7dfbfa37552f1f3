import { changeWebhook, countOpen, lockWebhook, type WebhookRow } from '../../features/webhooks/index.ts';
import type { Db } from '../../platform/db/port.ts';

/**
 * Resumes an endpoint that was paused for its failures and has no delivery left to be tried with. Null where it has one,
 * in another's hand, or is paused no more.
 */
export async function resumeIdle(db: Db, hook: WebhookRow, now: Date): Promise<WebhookRow | null> {
  return db.tx(async (tx) => {
    const { workspace_id: workspaceId, id } = hook;
    const row = await lockWebhook(tx, workspaceId, id);
    if (row?.state_reason !== 'failing') return null;
    if ((await countOpen(tx, { workspaceId, webhookId: id, most: 1 })) > 0) return null;
    return changeWebhook(tx, row, { trigger: 'recovered', now });
  });
}

/** The same in another order: who stands first in line for places is chance. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Whether something comes about within so many milliseconds. */
export async function within(done: Promise<true>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const inTime = await Promise.race([done, late]);
  clearTimeout(timer);
  return inTime;
}
