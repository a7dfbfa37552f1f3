export { FetchError, type FetchFailure } from './error.ts';
export { type FetchedAnswer, type FetchOptions, parseOutsideUrl, SafeFetch } from './fetch.ts';
export { ALLOW_NONE, type AllowList, parseAllowList } from './policy.ts';
