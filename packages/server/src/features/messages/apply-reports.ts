import type { DeliveryReport } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { isStorable } from '../../platform/storable.ts';
import { providerError } from './provider-errors.ts';
import { noteReceipts } from './receipts.ts';
import { RANK } from './status.ts';
import { applyReportRows, type StatusChange } from './status-store.ts';

export type ReportOfDevice = DeliveryReport & { workspaceId: string; deviceId: string };

/** Applies WhatsApp's words on sent messages, with one event for each change. Returns what changed. */
export async function applyReports(tx: Queryable, reports: readonly ReportOfDevice[]): Promise<StatusChange[]> {
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
  await noteReceipts(tx, known);
  return changes;
}
