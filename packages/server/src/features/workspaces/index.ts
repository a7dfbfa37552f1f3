export { DataKeys } from './data-keys.ts';
export { ensureFirstWorkspace, type FirstStart } from './first-start.ts';
export { findFirstWorkspace } from './store.ts';
