import { changeRole } from './change-role.ts';
import { listInvitations, revokeInvitation } from './invitations.ts';
import { inviteMember } from './invite.ts';
import { listMembers } from './list.ts';
import { removeMember } from './remove.ts';
import { listSessions, revokeSession } from './sessions.ts';

export { acceptInvitation } from './accept-invitation.ts';
export { commandsAct } from './audit.ts';
export { changePassword } from './change-password.ts';
export { ensureOwner, type FirstOwner } from './first-owner.ts';
export { Passwords } from './password.ts';
export { moveTotp } from './person-store.ts';
export { totpContext } from './prove.ts';
export { makeResetLink, removeSecondFactor, requestReset, resetPassword } from './reset-password.ts';
export {
  codeField,
  emailField,
  newPasswordField,
  passwordField,
  personNameField,
  roleField,
  sessionSchema,
  toSession,
} from './schemas.ts';
export {
  confirmSecondFactor,
  renewRecoveryCodes,
  startSecondFactor,
  stopSecondFactor,
} from './second-factor.ts';
export type { Origin, PeopleServices } from './services.ts';
export {
  authenticateSession,
  currentSession,
  listWorkspacesOf,
  type OpenedSession,
  type PersonCaller,
  resumeSession,
  SESSION_MS,
  signOut,
  switchWorkspace,
} from './session.ts';
export { signIn } from './sign-in.ts';
export { listOwnerEmails } from './store.ts';
export { networkOf, Throttle } from './throttle.ts';
export const operations = [
  listMembers,
  inviteMember,
  changeRole,
  removeMember,
  listInvitations,
  revokeInvitation,
  listSessions,
  revokeSession,
];
