import type { PlanFile } from './plan-file.ts';

/** What holds without a file of the operator's own. */
export const DEFAULT_PLANS: PlanFile = {
  plans: {
    free: { devices: 1, outboundPerMonth: 500, apiAccess: false, priceUsd: 0 },
    starter: { devices: 1, outboundPerMonth: 3_000, apiAccess: true, priceUsd: 29 },
    growth: { devices: 5, outboundPerMonth: 30_000, apiAccess: true, priceUsd: null },
    pro: { devices: 15, outboundPerMonth: 300_000, apiAccess: true, priceUsd: null },
    enterprise: { devices: 50, outboundPerMonth: 1_000_000, apiAccess: true, priceUsd: null },
  },
};
