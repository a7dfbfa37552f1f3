import type { Queryable } from '../../platform/db/port.ts';
import { linkContext } from './apply-facts.ts';
import { findLink } from './link-store.ts';
import { type LinkProgress, toDevice } from './schemas.ts';
import { type DeviceRow, findDevice } from './store.ts';

/** What reading a link in progress takes. */
export interface LinkReader {
  tx: Queryable;
  workspaceId: string;
  deviceId: string;
  open(sealed: Uint8Array, context: string): Promise<string>;
}

const NO_LINK = { qr: null, code: null, expiresAt: null, deadline: null };

/** A linked device that is away is linked still; one that connects may have been scanned a moment ago. */
function stepOf({ state }: DeviceRow): LinkProgress['step'] {
  if (state === 'linking') return 'preparing';
  if (state === 'connecting') return 'scanned';
  return state === 'unlinked' || state === 'logged_out' ? 'ended' : 'linked';
}

async function secretOf(reader: LinkReader) {
  const link = await findLink(reader.tx, reader.workspaceId, reader.deviceId);
  if (!link) return NO_LINK;
  const deadline = link.deadline.toISOString();
  const { secret_sealed: sealed, expires_at: until } = link;
  if (sealed === null || until === null || until <= new Date()) return { ...NO_LINK, deadline };
  const secret = await reader.open(sealed, linkContext(reader.deviceId));
  return {
    qr: link.method === 'qr' ? secret : null,
    code: link.method === 'code' ? secret : null,
    expiresAt: until.toISOString(),
    deadline,
  };
}

/** How far linking is; null when the device is gone. */
export async function readProgress(reader: LinkReader): Promise<LinkProgress | null> {
  const row = await findDevice(reader.tx, reader.workspaceId, reader.deviceId);
  if (!row) return null;
  const { state, stateReason } = toDevice(row);
  const step = stepOf(row);
  const secret = step === 'preparing' ? await secretOf(reader) : NO_LINK;
  const shown = secret.qr !== null || secret.code !== null;
  return { deviceId: row.id, step: shown ? 'waiting' : step, state, stateReason, ...secret };
}
