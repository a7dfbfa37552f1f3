export { createBaileysEngine } from './engine.ts';
export { type BaileysEngineConfig, type EngineLog, NoCredentialsError } from './engine-config.ts';
export type { EngineOptions, PartialEngineOptions, WorkerSettings } from './options.ts';
