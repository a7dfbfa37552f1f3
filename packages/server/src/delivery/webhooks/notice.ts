import { listOwnerEmails } from '../../features/members/index.ts';
import type { WebhookRow } from '../../features/webhooks/index.ts';
import type { Queryable } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/log.ts';
import type { Mailer } from '../../platform/mail.ts';

interface NoticeServices {
  db: Queryable;
  log: Logger;
  /** Null where no SMTP server is configured: the event and the endpoint itself tell. */
  mailer: Pick<Mailer, 'send'> | null;
}

const SAYS: Partial<Record<WebhookRow['state'], string>> = {
  paused:
    'was paused: for many hours every attempt has failed. It is tried again twice an hour, and resumes by itself.',
  disabled: 'was disabled: it answered 410 Gone. Resume it once it is back.',
};

/** What a mail calls an endpoint: its URL may hold a secret, its host does not. */
function nameOf(row: WebhookRow): string {
  const host = new URL(row.url).host;
  return row.description === '' ? `${host} (${row.id})` : `${row.description}, ${host} (${row.id})`;
}

async function mailOwners(services: NoticeServices, row: WebhookRow, says: string): Promise<void> {
  const { db, mailer } = services;
  if (!mailer) return;
  const text = `The webhook endpoint ${nameOf(row)} ${says}\n\nLast error: ${row.last_error ?? 'unknown'}\n\nNo event is lost: they wait in the log, for as long as your workspace keeps events.\n`;
  for (const to of await listOwnerEmails(db, row.workspace_id))
    mailer.send({ to, subject: `A webhook was ${row.state}`, text });
}

/** Mails the owners of a workspace whose endpoint was paused for its failures or disabled. A failure is logged. */
export function noticeChanges(services: NoticeServices, rows: readonly WebhookRow[]): void {
  for (const row of rows) {
    const says = SAYS[row.state];
    if (says === undefined) continue;
    mailOwners(services, row, says).catch((error: unknown) => {
      services.log.warn({ err: error, webhookId: row.id }, 'owners were not told that a webhook stopped');
    });
  }
}
