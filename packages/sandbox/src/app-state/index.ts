export type { AccountAppState, AccountAppStateSnapshot } from './account-state.ts';
export type { Mutation, PhoneAction } from './actions.ts';
export { COLLECTIONS, type CollectionName } from './collections.ts';
export { type AppStateKey, createAppStateKey, toSharedKey } from './key-share.ts';
export { AppStateMacError, PhoneAppState, type RandomBytes } from './phone-state.ts';
export { type AppStateChange, AppStateServer, type AppStateServerOptions, syncNotification } from './server.ts';
