import { blockContact, listBlocked, unblockContact } from './blocks.ts';
import { getProfile, updateProfile } from './profile.ts';

export const operations = [getProfile, updateProfile, listBlocked, blockContact, unblockContact];
