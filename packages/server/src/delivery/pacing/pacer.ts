import { type Pacing, pacingOf } from '../../features/devices/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { pieces } from '../../platform/db/pieces.ts';
import type { Db, Patient } from '../../platform/db/port.ts';
import { type ClaimedRow, claimChosenStatement } from '../store.ts';
import { judgeLine, type PacedRow, type PaceState } from './rules.ts';
import {
  countColdStatement,
  findPacedDevices,
  type Hold,
  holdBack,
  lookInLine,
  type PacedDeviceRow,
  releaseAside,
} from './store.ts';

interface PacerServices {
  db: Db;
  clock: Clock;
  /** False where the operator has pacing off for devices of network `whatsapp`, on a server that is not WhatsApp's. */
  paceWhatsapp: boolean;
  /** Asks to be called again for a device, in so many ms: a gap ends then. */
  wakeIn(deviceId: string, ms: number): void;
}

/** What comes of one look. */
interface Judged {
  going: PacedRow[];
  /** Those of them that open a cold chat today. */
  cold: PacedRow[];
  holds: Hold[];
}

type Device = { workspaceId: string; deviceId: string };

const same = (a: Pacing, b: Pacing): boolean => JSON.stringify(a) === JSON.stringify(b);

const sameTime = (a: Date | null, b: Date | null): boolean => a?.getTime() === b?.getTime();

/** Decides which messages of paced devices go now, and marks the others held. One node holds a device: its gaps live here. */
export class Pacer {
  readonly #services: PacerServices;
  readonly #states = new Map<string, PaceState>();

  constructor(services: PacerServices) {
    this.#services = services;
  }

  /** Whether a device that was loaded is paced. */
  paces(deviceId: string): boolean {
    return this.#states.has(deviceId);
  }

  /** Whether nothing but urgent messages could go now. */
  rests(deviceId: string): boolean {
    return (this.#states.get(deviceId)?.nextAt ?? 0) > this.#services.clock.now().getTime();
  }

  forget(deviceId: string): void {
    this.#states.delete(deviceId);
  }

  /** Reads how these devices are to be paced, for the first time or again. */
  async load(deviceIds: readonly string[]): Promise<void> {
    if (deviceIds.length === 0) return;
    for (const row of await findPacedDevices(this.#services.db, deviceIds)) await this.#take(row);
  }

  async #take(row: PacedDeviceRow): Promise<void> {
    const { db, clock, paceWhatsapp } = this.#services;
    const pacing = pacingOf(row);
    const known = this.#states.get(row.id);
    const onlyLock = !(pacing.enabled && (row.network === 'sandbox' || paceWhatsapp));
    const lockedUntil = row.restricted_until;
    const isPaced = !onlyLock || (lockedUntil !== null && lockedUntil > clock.now());
    const isChanged = known && (!same(known.pacing, pacing) || !sameTime(known.lockedUntil, lockedUntil));
    if (known && (!isPaced || isChanged)) {
      await releaseAside(db, { workspaceId: row.workspace_id, deviceId: row.id });
    }
    if (!isPaced) return this.forget(row.id);
    // A claim on its way may have counted what this row does not hold yet.
    const used = known?.coldDay === row.cold_day ? Math.max(known.coldUsed, row.cold_used) : row.cold_used;
    const read = {
      pacing,
      linkedAt: row.linked_at,
      phone: row.phone,
      coldDay: row.cold_day,
      coldUsed: used,
      lockedUntil,
      onlyLock,
    };
    if (known) Object.assign(known, read);
    // What the last connection sent is not known here: as if it had just sent.
    else
      this.#states.set(row.id, {
        ...read,
        nextAt: onlyLock ? 0 : clock.now().getTime() + pacing.gapSeconds * 1000,
        chats: new Map(),
      });
  }

  /** Claims what may go now of these devices, and marks held what may not. */
  async claim(devices: readonly Device[], busy: readonly string[]): Promise<ClaimedRow[]> {
    const { clock } = this.#services;
    const db = this.#services.db.patient(devices.map(({ workspaceId }) => workspaceId));
    const rows = await lookInLine(db, devices, busy);
    if (rows.length === 0) return [];
    const now = clock.now();
    const judged: Judged = { going: [], cold: [], holds: [] };
    for (const deviceId of new Set(rows.map((row) => row.device_id))) {
      this.#judge(
        rows.filter((row) => row.device_id === deviceId),
        { deviceId, now, judged },
      );
    }
    for (const holds of pieces(judged.holds, () => db.rows(judged.holds.length))) await holdBack(db, holds);
    return judged.going.length > 0 ? claimGoing(db, judged, now) : [];
  }

  #judge(line: readonly PacedRow[], to: { deviceId: string; now: Date; judged: Judged }): void {
    const { deviceId, now, judged } = to;
    const state = this.#states.get(deviceId);
    if (!state) return;
    let next: number | null = null;
    for (const [i, verdict] of judgeLine(line, state, now).entries()) {
      const row = line[i];
      if (!row) continue;
      if (verdict.go) {
        judged.going.push(row);
        if (verdict.cold) judged.cold.push(row);
        continue;
      }
      if (verdict.aside || row.held_reason !== verdict.reason) judged.holds.push({ row, ...verdict });
      // What steps aside makes room for a look at what is behind it.
      const at = verdict.aside ? now.getTime() : verdict.until.getTime();
      next = Math.min(next ?? at, at);
    }
    if (next !== null) this.#services.wakeIn(deviceId, Math.max(0, next - now.getTime()));
  }
}

async function claimGoing(db: Patient, { going, cold }: Judged, now: Date): Promise<ClaimedRow[]> {
  const claim = claimChosenStatement(going);
  const day = now.toISOString().slice(0, 10);
  const results = await db.batch(cold.length > 0 ? [countColdStatement(cold, day), claim] : [claim]);
  // The claim is the last of the batch, and its rows are what its text selects.
  return (results.at(-1) ?? []) as ClaimedRow[];
}
