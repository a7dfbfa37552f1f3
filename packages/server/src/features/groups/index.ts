import { createGroup } from './create.ts';
import { getGroup } from './get.ts';
import { getInvite, revokeInvite } from './invite.ts';
import { joinGroup } from './join.ts';
import { decideJoinRequests, listJoinRequests } from './join-requests.ts';
import { leaveGroup } from './leave.ts';
import { listGroups } from './list.ts';
import { changeMembers } from './members.ts';
import { updateGroup } from './update.ts';

export { applyGroups, applyKnown, applyLeft, type GroupOfDevice, groupPictureEvent } from './apply.ts';
export { findRole } from './member-store.ts';
export { GROUP_ERRORS, groupParams, requireJoined } from './require.ts';
export { groupSchema } from './schemas.ts';
export { findGroup, listGroupIds } from './store.ts';
export const operations = [
  listGroups,
  createGroup,
  joinGroup,
  getGroup,
  updateGroup,
  changeMembers,
  getInvite,
  revokeInvite,
  listJoinRequests,
  decideJoinRequests,
  leaveGroup,
];
