import type { DeliveryReport } from '../../engine/port.ts';
import type { Queryable, Tx } from '../../platform/db/port.ts';
import { isStorable } from '../../platform/storable.ts';
import { recordEvents } from '../events/index.ts';
import { statusEvent } from './events.ts';
import { providerError } from './provider-errors.ts';
import { RANK } from './status.ts';
import { applyReportRows, endMessages, holdWaiting, releaseHeld, type StatusChange } from './status-store.ts';

export type ReportOfDevice = DeliveryReport & { workspaceId: string; deviceId: string };

async function announce(tx: Queryable, changes: readonly StatusChange[]): Promise<StatusChange[]> {
  await recordEvents(tx, changes.map(statusEvent));
  return [...changes];
}

/** Applies WhatsApp's words on sent messages, with one event for each change. Returns what changed. */
export async function applyReports(tx: Tx, reports: readonly ReportOfDevice[]): Promise<StatusChange[]> {
  const known = reports.filter((report) => isStorable(report.waId));
  if (known.length === 0) return [];
  const key = ({ deviceId, waId }: ReportOfDevice) => `${deviceId}/${waId}`;
  const taken = new Set(known.flatMap((report) => (report.status === 'failed' ? [] : [key(report)])));
  // A refusal beside a confirmation of the same message is about another attempt: WhatsApp has the message.
  const rows = known.filter((report) => report.status !== 'failed' || !taken.has(key(report)));
  const changes = await applyReportRows(
    tx,
    rows.map((report) => ({
      ...report,
      rank: RANK[report.status],
      at: new Date(report.at),
      error: report.status === 'failed' ? providerError(report.providerCode) : null,
    })),
  );
  await recordEvents(tx.later, changes.map(statusEvent));
  return changes;
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
