import { createKey } from './create.ts';
import { endRotation } from './end-rotation.ts';
import { getKey } from './get.ts';
import { listKeys } from './list.ts';
import { revokeKey } from './revoke.ts';
import { rotateKey } from './rotate.ts';
import { updateKey } from './update.ts';

export { Authenticator, type Caller } from './authenticate.ts';
export { issueApiKey, type KeyRequest, makeApiKey, revokeApiKey } from './issue.ts';
export { LastUsed } from './last-used.ts';
export { renewSecret } from './rotate.ts';
export { knownScopes } from './rules.ts';
export { findKeyOf, listApiKeys, lockKey } from './store.ts';
export { parseToken } from './token.ts';
export const operations = [createKey, listKeys, getKey, updateKey, rotateKey, endRotation, revokeKey];
