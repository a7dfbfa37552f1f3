export { type BaileysEngineConfig, createBaileysEngine, type EngineLog } from './engine.ts';
export type { EngineOptions, PartialEngineOptions, WorkerSettings } from './options.ts';
