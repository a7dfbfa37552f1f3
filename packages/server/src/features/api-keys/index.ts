export { Authenticator, type Caller } from './authenticate.ts';
export { issueApiKey, type KeyRequest, revokeApiKey } from './issue.ts';
export { listApiKeys } from './store.ts';
export { parseToken } from './token.ts';
