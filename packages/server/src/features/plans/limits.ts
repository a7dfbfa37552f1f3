import type { Limits, Plan, PlanBook } from '../../operations/context.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { StartupError } from '../../platform/errors.ts';
import { findPlanRow, type PlanRow, plansInUse } from './store.ts';

/** A change made on another node is known here within this time. */
const CACHE_MS = 1_000;
const MAX_CACHED = 10_000;

const NOTHING = { devices: 0, outboundPerMonth: 0, apiAccess: false };

/** For calls that belong to no workspace. */
export const NO_LIMITS: Limits = { plan: '', ...NOTHING, suspended: false };

/** The plan with the workspace's overrides. A plan that is in no file any more grants nothing. */
export function effectiveLimits(plans: PlanBook, row: PlanRow): Limits {
  const plan: Plan = plans.find(row.plan) ?? NOTHING;
  return {
    plan: row.plan,
    devices: row.device_limit ?? plan.devices,
    outboundPerMonth: row.outbound_limit ?? plan.outboundPerMonth,
    apiAccess: plan.apiAccess,
    ...(plan.rateLimits ? { rateLimits: plan.rateLimits } : {}),
    suspended: row.suspended_at !== null,
  };
}

interface Cached {
  limits: Promise<Limits>;
  until: number;
}

/** What each workspace may do now, read at most once a second. */
export class LimitsCache {
  readonly #db: Queryable;
  readonly #plans: PlanBook;
  readonly #cache = new Map<string, Cached>();

  constructor(db: Queryable, plans: PlanBook) {
    this.#db = db;
    this.#plans = plans;
  }

  /** Limits of a workspace; those that grant nothing when it is gone. Rejects when the database does. */
  of(workspaceId: string): Promise<Limits> {
    const cached = this.#cache.get(workspaceId);
    if (cached && cached.until > Date.now()) return cached.limits;
    const limits = this.#read(workspaceId);
    // A failed read is not kept: the next caller asks again.
    limits.catch(() => this.forget(workspaceId));
    this.#cache.delete(workspaceId);
    if (this.#cache.size >= MAX_CACHED) this.#cache.delete(this.#cache.keys().next().value ?? '');
    this.#cache.set(workspaceId, { limits, until: Date.now() + CACHE_MS });
    return limits;
  }

  /** Has the next call read anew: something was changed here. */
  forget(workspaceId: string): void {
    this.#cache.delete(workspaceId);
  }

  async #read(workspaceId: string): Promise<Limits> {
    const row = await findPlanRow(this.#db, workspaceId);
    return row ? effectiveLimits(this.#plans, row) : NO_LIMITS;
  }
}

/** A workspace on a plan the operator has removed would stop working without a word: refuse the start instead. */
export async function checkPlansInUse(db: Queryable, plans: PlanBook): Promise<void> {
  const missing = (await plansInUse(db)).find(({ plan }) => plans.find(plan) === null);
  if (!missing) return;
  throw new StartupError(
    `${missing.workspaces} workspace(s) are on the plan "${missing.plan}", which the plans do not name`,
    'Put the plan back into the file that WAPING_PLANS names; move its workspaces with waping workspaces set-plan; then remove it.',
  );
}
