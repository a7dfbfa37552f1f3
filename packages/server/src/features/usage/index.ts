import { getUsage } from './get.ts';

export { countInbound, countOutbound, outboundRefused } from './count.ts';
export { left } from './get.ts';
export { monthOf } from './months.ts';
export { noteQuotas } from './notices.ts';
export { applyNewLimit, spreadStale } from './rebalance.ts';
export { deviceUseSchema, outboundUseSchema } from './schemas.ts';
export { SpentMonths, shardsOn } from './shards.ts';
export { monthlySent } from './store.ts';
export const operations = [getUsage];
