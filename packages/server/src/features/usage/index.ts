import { getUsage } from './get.ts';

export { countInbound, countOutbound, outboundRefused, quotaExceeded } from './count.ts';
export { type BatchCount, countBatch, outboundLeft, uncountBatch } from './count-batch.ts';
export { left } from './get.ts';
export { uncountOutbound } from './give-back.ts';
export { monthOf } from './months.ts';
export { noteQuotas } from './notices.ts';
export { applyNewLimit, spreadStale } from './rebalance.ts';
export { deviceUseSchema, outboundUseSchema } from './schemas.ts';
export { SpentMonths, shardsOn } from './shards.ts';
export { monthlySent } from './store.ts';
export const operations = [getUsage];
