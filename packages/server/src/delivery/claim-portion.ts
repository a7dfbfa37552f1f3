import type { Db } from '../platform/db/port.ts';
import { type ClaimedRow, type ClaimRequest, claimNext } from './store.ts';

interface Claim {
  requests: readonly ClaimRequest[];
  /** Chats that are passed over, as `claimNext` does. */
  busy: readonly string[];
  /** Called for each device that may have more in line than this claim was to take. */
  again: (deviceId: string) => void;
}

const roomOf = ({ room, urgentRoom = room }: ClaimRequest): number => Math.max(room, urgentRoom);

const cut = (request: ClaimRequest, most: number): ClaimRequest => ({
  ...request,
  room: Math.min(request.room, most),
  urgentRoom: Math.min(request.urgentRoom ?? request.room, most),
  bulkRoom: Math.min(request.bulkRoom ?? request.room, most),
});

/** Claims as much as devices have room for; while others call no more than a small piece of it, shared out evenly. */
export async function claimPortion(db: Db, { requests, busy, again }: Claim): Promise<ClaimedRow[]> {
  const patient = db.patient(requests.map(({ workspaceId }) => workspaceId));
  const wanted = requests.reduce((sum, request) => sum + roomOf(request), 0);
  const most = patient.rows(wanted);
  if (most >= wanted) return claimNext(patient, requests, busy);
  const first = requests.slice(0, most);
  const each = Math.max(1, Math.floor(most / first.length));
  const rows = await claimNext(
    patient,
    first.map((request) => cut(request, each)),
    busy,
  );
  const taken = (deviceId: string) => rows.filter((row) => row.device_id === deviceId).length;
  for (const [i, { deviceId }] of requests.entries()) if (i >= first.length || taken(deviceId) >= each) again(deviceId);
  return rows;
}
