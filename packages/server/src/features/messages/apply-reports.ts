import type { DeliveryReport } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { isStorable } from '../../platform/storable.ts';
import { recordEvents } from '../events/index.ts';
import { statusEvent } from './events.ts';
import { providerError } from './provider-errors.ts';
import { RANK } from './status.ts';
import { applyReportRows, endMessages, holdWaiting, releaseHeld, type StatusChange } from './status-store.ts';

export type ReportOfDevice = DeliveryReport & { workspaceId: string; deviceId: string };

// Ascending, so that one batch with `sent` and `read` of the same message leaves both in its timeline.
const ORDER = ['sent', 'delivered', 'read', 'played', 'failed'] as const;

async function announce(tx: Queryable, changes: readonly StatusChange[]): Promise<StatusChange[]> {
  await recordEvents(tx, changes.map(statusEvent));
  return [...changes];
}

/** Applies WhatsApp's words on sent messages, with one event for each change. Returns what changed. */
export async function applyReports(tx: Queryable, reports: readonly ReportOfDevice[]): Promise<StatusChange[]> {
  const changes: StatusChange[] = [];
  for (const status of ORDER) {
    const rows = reports.filter((report) => report.status === status && isStorable(report.waId));
    if (rows.length === 0) continue;
    const applied = await applyReportRows(
      tx,
      { status, rank: RANK[status] },
      rows.map((report) => ({
        ...report,
        at: new Date(report.at),
        error: status === 'failed' ? providerError(report.providerCode) : null,
      })),
    );
    changes.push(...applied);
  }
  return announce(tx, changes);
}

/** Ends messages that will not be sent, with their events. */
export async function endWithEvents(
  tx: Queryable,
  to: { status: 'failed' | 'expired' | 'canceled'; error: unknown },
  rows: readonly { id: string; workspaceId: string }[],
): Promise<StatusChange[]> {
  return announce(tx, await endMessages(tx, to, rows));
}

/** Tells every waiting message of a device why it waits. */
export async function holdMessages(tx: Queryable, device: { workspaceId: string; deviceId: string; reason: string }) {
  return announce(tx, await holdWaiting(tx, device));
}

/** Puts a device's held messages back in the queue. */
export async function releaseMessages(tx: Queryable, device: { workspaceId: string; deviceId: string }) {
  return announce(tx, await releaseHeld(tx, device));
}
