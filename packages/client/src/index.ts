export { Waping, type WapingOptions } from './client.ts';
export { WapingApiError } from './error.ts';
export type * from './types.ts';
