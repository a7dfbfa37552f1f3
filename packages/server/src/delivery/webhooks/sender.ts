import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookRow } from '../../features/webhooks/index.ts';
import type { Limits } from '../../operations/context.ts';
import type { Clock } from '../../platform/clock.ts';
import { pieces } from '../../platform/db/pieces.ts';
import type { Db } from '../../platform/db/port.ts';
import { faultPoint } from '../../platform/fault-points.ts';
import type { Logger } from '../../platform/log.ts';
import type { SafeFetch } from '../../platform/safe-fetch/index.ts';
import { challenge } from './challenge.ts';
import { feed, feedsOf } from './fan-out.ts';
import { resumeIdle, shuffled, within } from './idle.ts';
import { type Look, Lookout } from './lookout.ts';
import { type SendBounds, type SendPlace, SendPlaces } from './places.ts';
import { KEPT_BYTES, type Outcome, post } from './post.ts';
import { bodyOfDelivery, type OpenSealed, secretsOf, signedHeaders } from './request.ts';
import { ResultWriter } from './settler.ts';
import { type ClaimedDelivery, claimDeliveries, claimProbes, releaseHeld } from './store.ts';
import { listWorkable, pageOfWorkable, type WorkableHook } from './workable.ts';

const TICK_MS = 250;
/** Between two looks for challenges and probes. */
const PROBE_GAP_MS = 125;
/** No wait for the next look is longer: something else may be due sooner meanwhile. */
const NAP_MS = 10;
/** An attempt takes 15 seconds at the most: who holds a delivery for longer is gone. */
const LOCK_MS = 60_000;
/** The same for challenges and probes. */
const PROBE_LOCK_MS = 60_000;
/** Challenges and probes in hand: of all workspaces together, and of one. */
const PROBES_AT_ONCE = 64;
const PROBES_EACH = 8;
/** Endpoints looked at in one statement. */
const LOOK = 1_000;
/** An endpoint that has as many open deliveries as it may is given no more for this long. */
const FULL_MS = 2_000;
const MAX_FULL = 10_000;
/** Transactions at one time in which endpoints are given deliveries. */
const FEEDS_AT_ONCE = 4;
/** Deliveries that are sent, or answered and not yet written: with more no others are begun. */
const MAX_IN_HAND = 1_024;
/** Requests in hand get so long to end when this node stops. */
const GRACE_MS = 5_000;
/** And so long after they were cut off. */
const CUT_MS = 2_000;

export const SEND_BOUNDS: SendBounds = {
  total: 256,
  each: 64,
  slow: 256,
  slowEach: 64,
  slowMs: 1_000,
  window: 16,
};

export interface SenderServices {
  db: Db;
  log: Logger;
  clock: Clock;
  /** This node's lasting name. No other living process bears it. */
  holder: string;
  fetcher: SafeFetch;
  /** What a workspace may do now: a plan without webhooks, or a suspension, stops them. */
  limits: { of(workspaceId: string): Promise<Limits> };
  open: OpenSealed;
  /** Milliseconds of nothing but failures after which an endpoint is paused. */
  pauseAfterMs: number;
  /** Hears of endpoints that were paused, disabled or resumed here, once that is on disk. */
  onChange(rows: readonly WebhookRow[]): void;
  bounds?: SendBounds;
}

/**
 * Sends events to webhook endpoints. Endpoints get deliveries of what is new in the log; deliveries that are due are
 * claimed for a minute, sent, and what became of them is written. Everything it knows is in rows: several nodes share
 * the work, and what a dead one held is sent again.
 */
export class WebhookSender implements AsyncDisposable {
  readonly #services: SenderServices;
  readonly #places: SendPlaces;
  readonly #writer: ResultWriter;
  /** Of each request in hand: a signal that lived as long as this node would remember every one of them. */
  readonly #cuts = new Set<AbortController>();
  readonly #inHand = new Set<Promise<void>>();
  readonly #lookout = new Lookout();
  /** Endpoints with something to do while this node had its hands full. */
  readonly #handsFull = new Set<string>();
  /** Endpoints with no room for more, and until when. */
  readonly #full = new Map<string, number>();
  /** Challenges and probes in hand, by workspace. */
  readonly #probing = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #probesDue = true;
  #probedAt = Number.NEGATIVE_INFINITY;
  #released = false;
  #stopping = false;
  #isCut = false;
  #round: Promise<void> | null = null;

  constructor(services: SenderServices) {
    this.#services = services;
    this.#places = new SendPlaces(services.bounds ?? SEND_BOUNDS, (id) => this.#lookAgain(id));
    const { db, clock, pauseAfterMs, onChange } = services;
    this.#writer = new ResultWriter({ db, now: () => clock.now(), pauseAfterMs, onChange });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** Something is new in the log of a workspace, or in the settings of its endpoints; null: of whichever. */
  wake(workspaceId: string | null = null): void {
    if (!this.#lookout.wake(workspaceId)) return;
    this.#probesDue = true;
    this.#start();
  }

  #tick(): void {
    this.#probesDue = true;
    this.#lookout.tick(performance.now());
    this.#start();
  }

  #start(): void {
    if (this.#stopping) return;
    this.#round ??= this.#rounds().finally(() => {
      this.#round = null;
      if (this.#isDue) this.#start();
    });
  }

  get #isDue(): boolean {
    return this.#probesDue || this.#lookout.isDue;
  }

  async #rounds(): Promise<void> {
    while (!this.#stopping && this.#isDue) {
      const now = performance.now();
      // However much is to be sent: who is new, or was paused, comes first.
      if (this.#probesDue && now - this.#probedAt >= PROBE_GAP_MS) {
        this.#probesDue = false;
        this.#probedAt = now;
        await this.#turn(() => this.#probe());
      }
      const look = this.#lookout.next(performance.now());
      if (typeof look === 'number') await sleep(Math.min(look, NAP_MS));
      else await this.#turn(() => this.#look(look));
    }
  }

  async #turn(work: () => Promise<void>): Promise<void> {
    const { db, holder, log } = this.#services;
    try {
      if (!this.#released) await releaseHeld(db, holder);
      this.#released = true;
      await work();
    } catch (error) {
      log.error({ err: error }, 'looking for webhook deliveries failed; trying again');
    }
  }

  async #look(look: Look): Promise<void> {
    const now = this.#services.clock.now();
    const hooks = await this.#workable(look, now);
    const hungry = hooks.filter(({ id, behind }) => behind && (this.#full.get(id) ?? 0) <= performance.now());
    for (const piece of pieces(feedsOf(hungry), () => FEEDS_AT_ONCE))
      await Promise.all(piece.map((of) => this.#feed({ ...of, now })));
    await this.#send(hooks, now);
  }

  /** Endpoints with something to do whose workspaces may have webhooks. */
  async #workable({ after, workspaces, ids }: Look, now: Date): Promise<WorkableHook[]> {
    const db = this.#services.db.patient([]);
    const found = new Map<string, WorkableHook>();
    if (ids.length > 0 || workspaces.length > 0)
      for (const hook of await listWorkable(db, { now, workspaces, ids })) found.set(hook.id, hook);
    if (after !== null) {
      const page = await pageOfWorkable(db, { now, after, limit: LOOK });
      this.#lookout.paged(page.workspaces, page.next);
      for (const hook of page.hooks) found.set(hook.id, hook);
    }
    const hooks = [...found.values()];
    const allowed = await Promise.all(hooks.map((hook) => this.#may(hook.workspace_id)));
    return hooks.filter((_hook, at) => allowed[at]);
  }

  async #may(workspaceId: string): Promise<boolean> {
    const { apiAccess, suspended } = await this.#services.limits.of(workspaceId);
    return apiAccess && !suspended;
  }

  async #feed(of: { workspaceId: string; ids: readonly string[]; now: Date }): Promise<void> {
    for (const id of of.ids) this.#full.delete(id);
    const { more, full } = await feed(this.#services.db, of);
    for (const id of more) this.#lookout.again(id);
    if (this.#full.size + full.length > MAX_FULL) this.#full.clear();
    for (const id of full) this.#full.set(id, performance.now() + FULL_MS);
  }

  /** Takes places first and then deliveries for them: what is claimed is sent at once. */
  async #send(hooks: readonly WorkableHook[], now: Date): Promise<void> {
    if (this.#inHand.size >= MAX_IN_HAND) {
      for (const { id } of hooks) this.#handsFull.add(id);
      return;
    }
    const taken = new Map<string, SendPlace[]>();
    const wanted = shuffled(hooks).flatMap((hook) => {
      const most = this.#places.room(hook);
      if (most === 0) this.#places.waits(hook);
      if (most === 0) return [];
      taken.set(
        hook.id,
        Array.from({ length: most }, () => this.#places.take(hook)),
      );
      return [{ ...hook, most }];
    });
    if (wanted.length === 0) return;
    try {
      for (const row of await this.#claim({ wanted, now, probe: false })) {
        const place = taken.get(row.webhook_id)?.pop();
        if (place) this.#run(row, { place, probe: false });
      }
    } finally {
      for (const places of taken.values()) for (const place of places) place.free();
    }
  }

  async #claim(request: {
    wanted: readonly { id: string; workspace_id: string; most: number }[];
    now: Date;
    probe: boolean;
  }): Promise<ClaimedDelivery[]> {
    const { db, holder } = this.#services;
    const workspaces = new Set(request.wanted.map(({ workspace_id: workspaceId }) => workspaceId));
    const rows = await claimDeliveries(db.patient(workspaces), { ...request, holder, lockMs: LOCK_MS });
    if (rows.length > 0) faultPoint('webhook.claimed');
    return rows;
  }

  /** Sends a delivery that is in hand, in a place that is left when it is answered well, else when that is written. */
  #run(row: ClaimedDelivery, { place, probe }: { place: SendPlace; probe: boolean }): void {
    const work: Promise<void> = this.#attempt(row, { place, probe })
      .then((ok) => place.leave(ok))
      .catch((error: unknown) => {
        place.leave(false);
        const { id: deliveryId, webhook_id: webhookId } = row;
        this.#services.log.error({ err: error, deliveryId, webhookId }, 'a webhook delivery is made again');
      })
      .finally(() => {
        this.#inHand.delete(work);
        this.#lookAgain(row.webhook_id);
      });
    this.#inHand.add(work);
  }

  #lookAgain(id: string): void {
    this.#lookout.again(id);
    if (this.#inHand.size < MAX_IN_HAND) {
      for (const one of this.#handsFull) this.#lookout.again(one);
      this.#handsFull.clear();
    }
    this.#start();
  }

  /** Whether the endpoint answered well. One that did gets the next before that is written: a commit takes longer. */
  async #attempt(row: ClaimedDelivery, { place, probe }: { place: SendPlace; probe: boolean }): Promise<boolean> {
    const body = bodyOfDelivery(row);
    const outcome = body === null ? null : await this.#post(row, body);
    // Cut off as this node stops: the receiver has not failed, and gets it again.
    if (outcome && !outcome.ok && this.#isCut) return false;
    faultPoint('webhook.answered');
    if (outcome?.ok && !probe) {
      place.leave(true);
      this.#lookAgain(row.webhook_id);
    }
    await this.#writer.write({ row, outcome, probe });
    return outcome === null || outcome.ok;
  }

  async #post(row: ClaimedDelivery, body: Buffer): Promise<Outcome> {
    const { clock, fetcher, open } = this.#services;
    const now = clock.now();
    const hook = { ...row, id: row.webhook_id };
    const secrets = await secretsOf(open, hook, now);
    const headers = await signedHeaders(open, hook, { id: row.event_id, body, at: now, secrets });
    return this.#cuttable((signal) => post(fetcher, { url: row.url, headers, body, keep: KEPT_BYTES, signal }, now));
  }

  async #cuttable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const cut = new AbortController();
    this.#cuts.add(cut);
    try {
      return await work(cut.signal);
    } finally {
      this.#cuts.delete(cut);
    }
  }

  #cutOff(): void {
    this.#isCut = true;
    for (const cut of this.#cuts) cut.abort();
  }

  /** Challenges endpoints that are to be verified, and tries those that were paused for their failures. */
  async #probe(): Promise<void> {
    const { db, clock } = this.#services;
    const now = clock.now();
    const limit = PROBES_AT_ONCE - [...this.#probing.values()].reduce((sum, count) => sum + count, 0);
    if (limit <= 0) return;
    const busy = [...this.#probing].flatMap(([id, count]) => (count >= PROBES_EACH ? [id] : []));
    const again = new Date(now.getTime() + PROBE_LOCK_MS);
    const request = { now, again, limit, each: PROBES_EACH, busy };
    for (const hook of await claimProbes(db.patient([]), request)) {
      if (!(await this.#may(hook.workspace_id))) continue;
      const place = this.#probePlace(hook);
      if (hook.state === 'unverified') this.#challenge(hook, place, now);
      else await this.#tryAgain(hook, place, now);
    }
  }

  /** A place that counts among the challenges and probes of its workspace too. */
  #probePlace(hook: WebhookRow): SendPlace {
    const { workspace_id: of } = hook;
    const place = this.#places.take(hook);
    let held = true;
    const done = (): void => {
      if (!held) return;
      held = false;
      const left = (this.#probing.get(of) ?? 1) - 1;
      if (left > 0) this.#probing.set(of, left);
      else this.#probing.delete(of);
    };
    this.#probing.set(of, (this.#probing.get(of) ?? 0) + 1);
    return {
      leave: (ok) => {
        done();
        place.leave(ok);
      },
      free: () => {
        done();
        place.free();
      },
    };
  }

  #challenge(hook: WebhookRow, place: SendPlace, now: Date): void {
    const { db, fetcher, open, log } = this.#services;
    const work: Promise<void> = this.#cuttable((signal) => challenge({ db, fetcher, open, signal }, hook, now))
      .then((ok) => place.leave(ok))
      .catch((error: unknown) => {
        place.leave(false);
        log.error({ err: error, webhookId: hook.id }, 'a webhook was not challenged; it will be');
      })
      .finally(() => {
        this.#inHand.delete(work);
        this.#lookAgain(hook.id);
      });
    this.#inHand.add(work);
  }

  /** One delivery of a paused endpoint, whatever its time; where none is left its next event tells. */
  async #tryAgain(hook: WebhookRow, place: SendPlace, now: Date): Promise<void> {
    const wanted = [{ id: hook.id, workspace_id: hook.workspace_id, most: 1 }];
    const claimed = await this.#claim({ wanted, now, probe: true }).catch((error: unknown) => {
      place.free();
      throw error;
    });
    const [row] = claimed;
    if (row) return this.#run(row, { place, probe: true });
    place.free();
    const resumed = await resumeIdle(this.#services.db, hook, now);
    if (resumed) this.#services.onChange([resumed]);
  }

  /** Lets requests in hand end for a moment, then cuts them off; what was not written is put back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#round;
    const ended = Promise.all(this.#inHand).then((): true => true);
    // A look-up of a name cannot be cut off. What it ends in then writes nothing: nobody has to wait for it.
    if (!(await within(ended, GRACE_MS))) {
      this.#cutOff();
      await within(ended, CUT_MS);
    }
    const { db, holder, log } = this.#services;
    await releaseHeld(db, holder).catch((error: unknown) => {
      log.warn({ err: error }, 'webhook deliveries were not put back; they are once their time is over');
    });
  }
}
