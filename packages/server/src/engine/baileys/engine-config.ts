import type { NetworkEndpoint } from '../endpoint.ts';
import type { EngineStore } from '../port.ts';
import type { PartialEngineOptions } from './options.ts';

/** The part of a logger the engine uses; pino's shape. Fields are ids and codes only. */
export type EngineLog = Record<
  'debug' | 'info' | 'warn' | 'error',
  (fields: Record<string, string | number>, text: string) => void
>;

export interface BaileysEngineConfig {
  endpoints: readonly NetworkEndpoint[];
  store: EngineStore;
  log: EngineLog;
  options?: PartialEngineOptions;
}

/** A device without credentials in the store cannot be opened; it must be linked. */
export class NoCredentialsError extends Error {
  constructor() {
    super('the device has no stored credentials: link it first');
    this.name = 'NoCredentialsError';
  }
}
