import type { Engine, SessionSpec } from '../engine/port.ts';
import { changeState } from '../features/devices/index.ts';
import type { Db, Queryable } from '../platform/db/port.ts';
import type { Logger } from '../platform/log.ts';
import {
  claimLeases,
  hasCredentials,
  readWishes,
  releaseLease,
  removeDevice,
  renewLeases,
  settleWish,
  type WishRow,
} from './store.ts';

export const LEASE_TTL_MS = 15_000;
const RENEW_MS = 5_000;
/** Rounds come far more often than leases age: at a start one for every few sessions. */
const RENEW_AT_MOST_EVERY_MS = 2_500;
/** Devices looked after by one round: bounds the statement, not the node. */
const CLAIM_LIMIT = 500;

interface DeviceStanding {
  workspace_id: string;
  id: string;
  state: string;
  state_reason: string;
}

interface Owned {
  workspaceId: string;
  deviceId: string;
  token: number;
  /** Generation of the wish last acted on; -1 before the first. */
  generation: number;
  open: boolean;
  /** The state its waiting messages were made to tell by the takeover. */
  aligned: string | null;
  busy: Promise<void> | null;
}

export interface OwnershipServices {
  db: Db;
  engine: Engine;
  log: Logger;
  /** This node's lasting name. */
  holder: string;
  dataKey(workspaceId: string): Promise<Buffer>;
  /** Makes waiting messages say what a device's state means for them. */
  alignWaiting(tx: Queryable, device: DeviceStanding): Promise<void>;
  /** The lease is lost or about to be given up: nothing of this device may go on here. */
  onLost(deviceId: string): void;
}

/**
 * Holds the leases of this node's devices and brings about what their rows wish for: a session open, a link begun, a
 * logout. The database says what should be; this reads it on every wake-up and at least every few seconds.
 */
export class Ownership implements AsyncDisposable {
  readonly #services: OwnershipServices;
  readonly #owned = new Map<string, Owned>();
  /** Devices whose sessions are still being closed: not to be taken again before that is done. */
  readonly #dropping = new Map<string, Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #round: Promise<void> | null = null;
  #again = false;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(services: OwnershipServices) {
    this.#services = services;
    this.#timer = setInterval(() => this.wake(), RENEW_MS);
    this.#timer.unref();
  }

  owns(deviceId: string): boolean {
    return this.#owned.has(deviceId);
  }

  /** The devices this node holds. */
  held(): string[] {
    return [...this.#owned.keys()];
  }

  /** Looks at the devices now: something about them changed. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#round) {
      this.#again = true;
      return;
    }
    this.#round = this.#run().finally(() => {
      this.#round = null;
      if (this.#again) {
        this.#again = false;
        this.wake();
      }
    });
  }

  async #run(): Promise<void> {
    try {
      await this.#renew();
      await this.#claim();
      const wishes = await readWishes(this.#services.db, [...this.#owned.keys()]);
      for (const wish of wishes) this.#fulfil(wish);
      const known = new Set(wishes.map((wish) => wish.id));
      for (const id of this.#owned.keys()) if (!known.has(id)) this.#drop(id);
    } catch (error) {
      this.#services.log.error({ err: error }, 'device ownership round failed; trying again');
    }
  }

  async #renew(): Promise<void> {
    const { db, holder } = this.#services;
    if (this.#owned.size === 0 || performance.now() - this.#renewedAt < RENEW_AT_MOST_EVERY_MS) return;
    const leases = [...this.#owned.values()].map(({ deviceId, token }) => ({ deviceId, token }));
    const from = performance.now();
    const kept = await renewLeases(db, { holder, ttlMs: LEASE_TTL_MS, leases });
    this.#renewedAt = from;
    for (const { deviceId } of leases) if (!kept.has(deviceId)) this.#drop(deviceId);
  }

  // No round waits for it: a session that closes slowly would cost the leases still held.
  #drop(deviceId: string): void {
    const { engine, log, onLost } = this.#services;
    this.#owned.delete(deviceId);
    onLost(deviceId);
    const dropped = engine
      .stop(deviceId)
      .catch((error: unknown) => log.error({ err: error, deviceId }, 'the session of a lost device was not closed'))
      .finally(() => {
        this.#dropping.delete(deviceId);
        this.wake();
      });
    this.#dropping.set(deviceId, dropped);
  }

  async #claim(): Promise<void> {
    const { db, holder, log } = this.#services;
    const own = [...this.#owned.keys(), ...this.#dropping.keys()];
    const claimed = await claimLeases(db, { holder, ttlMs: LEASE_TTL_MS, own, limit: CLAIM_LIMIT });
    if (claimed.length === 0) return;
    const taken = claimed.map(
      (lease): Owned => ({
        workspaceId: lease.workspace_id,
        deviceId: lease.device_id,
        token: Number(lease.token),
        generation: -1,
        open: false,
        aligned: null,
        busy: null,
      }),
    );
    await this.#takeover(taken);
    for (const owned of taken) this.#owned.set(owned.deviceId, owned);
    log.info({ devices: claimed.length }, 'devices taken over');
    if (claimed.length === CLAIM_LIMIT) this.#again = true;
  }

  // In one transaction, side by side: a start may take over hundreds, and each alone would cost a flush.
  async #takeover(taken: readonly Owned[]): Promise<void> {
    const now = new Date();
    await this.#services.db.tx(async (tx) => {
      const change = async (owned: Owned): Promise<void> => {
        const { workspaceId, deviceId } = owned;
        const row = await changeState(tx, { workspaceId, deviceId, now }, { kind: 'takeover' });
        if (!row) return;
        await this.#services.alignWaiting(tx, row);
        owned.aligned = row.state;
      };
      await Promise.all(taken.map(change));
    });
  }

  // One action at a time for a device; a wish that came meanwhile is seen in the round its end asks for.
  #fulfil(wish: WishRow): void {
    const owned = this.#owned.get(wish.id);
    if (!owned || owned.busy) return;
    if (owned.generation === wish.desired_generation && wish.desired !== 'off') return;
    owned.generation = wish.desired_generation;
    owned.busy = this.#act(owned, wish)
      .catch((error: unknown) => {
        owned.generation = -1;
        this.#services.log.error(
          { err: error, deviceId: wish.id, wish: wish.desired },
          'device action failed; trying again',
        );
      })
      .finally(() => {
        owned.busy = null;
        if (owned.generation !== -1) this.wake();
      });
  }

  async #act(owned: Owned, wish: WishRow): Promise<void> {
    const { engine, db } = this.#services;
    // First of all: a message claimed while the session closes would say no more why it waits.
    if (wish.desired === 'off' || wish.desired === 'logout') this.#services.onLost(wish.id);
    if (owned.aligned !== wish.state) await db.tx((tx) => this.#services.alignWaiting(tx, wish));
    owned.aligned = null;
    if (owned.open) await engine.stop(wish.id);
    owned.open = false;
    if (wish.desired === 'off') return this.#release(owned);
    if (wish.desired === 'logout') return this.#logout(owned, wish);
    const spec = await this.#spec(owned, wish);
    owned.open = true;
    if (wish.desired === 'open') await engine.open(spec);
    if (wish.desired === 'link') await this.#link(spec, wish);
  }

  async #logout(owned: Owned, wish: WishRow): Promise<void> {
    const { engine, db } = this.#services;
    if (await hasCredentials(db, { id: wish.id, workspaceId: wish.workspace_id })) {
      await engine.open(await this.#spec(owned, wish));
      await engine.logout(wish.id);
    }
    await settleWish(db, { id: wish.id, workspaceId: wish.workspace_id, generation: wish.desired_generation });
    await this.#release(owned);
    if (wish.deleted) await removeDevice(db, { id: wish.id, workspaceId: wish.workspace_id });
  }

  async #link(spec: SessionSpec, wish: WishRow): Promise<void> {
    if (wish.method === 'code' && wish.phone !== null) {
      return this.#services.engine.link(spec, { method: 'code', phone: wish.phone });
    }
    if (wish.method !== null) return this.#services.engine.link(spec, { method: 'qr' });
  }

  async #spec(owned: Owned, wish: WishRow): Promise<SessionSpec> {
    return {
      workspaceId: wish.workspace_id,
      deviceId: wish.id,
      network: wish.network,
      token: owned.token,
      dataKey: await this.#services.dataKey(wish.workspace_id),
    };
  }

  async #release(owned: Owned): Promise<void> {
    this.#owned.delete(owned.deviceId);
    this.#services.onLost(owned.deviceId);
    await releaseLease(this.#services.db, owned);
  }

  /** Stops looking after devices and hands the leases over. The engine is already closed by then. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#round;
    await Promise.all(this.#dropping.values());
    for (const owned of [...this.#owned.values()]) {
      await owned.busy;
      await releaseLease(this.#services.db, owned).catch((error: unknown) => {
        this.#services.log.warn({ err: error, deviceId: owned.deviceId }, 'lease not released; it ends by itself');
      });
    }
  }
}
