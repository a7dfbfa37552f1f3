export { lockLimits, requireApiAccess, requirePlan } from './check.ts';
export { checkPlansInUse, effectiveLimits, LimitsCache, NO_LIMITS } from './limits.ts';
export { loadPlans, MAX_DEVICES, MAX_OUTBOUND, Plans } from './plan-file.ts';
