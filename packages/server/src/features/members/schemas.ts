import { z } from 'zod';
import { shownId, timeField } from '../../operations/fields.ts';
import type { InvitationRow } from './invitation-store.ts';
import { MAX_PASSWORD, MIN_PASSWORD } from './password.ts';
import type { SessionRow } from './session-store.ts';
import type { MemberRow } from './store.ts';

export const roleField = z
  .enum(['owner', 'admin', 'agent', 'viewer'])
  .meta({ description: 'What the person may do. Each operation names the roles that may.', examples: ['agent'] });

export const emailField = z
  .email()
  .max(254)
  .meta({ description: 'Email address; upper and lower case are one.', examples: ['ada@example.com'] });

/** A password someone chooses. */
export const newPasswordField = z
  .string()
  .min(MIN_PASSWORD)
  .max(MAX_PASSWORD)
  .meta({ description: `A new password of at least ${MIN_PASSWORD} characters.`, examples: ['correct horse battery'] });

/** A password someone has. Whatever its length: a wrong one is simply wrong. */
export const passwordField = z
  .string()
  .min(1)
  .max(MAX_PASSWORD)
  .meta({ description: 'The password.', examples: ['correct horse battery'] });

export const codeField = z
  .string()
  .max(40)
  .optional()
  .meta({
    description: 'Six digits of the authenticator app, or a recovery code. Needed where a second factor is in force.',
    examples: ['123456'],
  });

export const personNameField = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .meta({ description: 'Name the team sees.', examples: ['Ada Lovelace'] });

export const memberSchema = z
  .object({
    personId: shownId('usr', 'The person.'),
    email: z.string().meta({ description: 'Email address.', examples: ['ada@example.com'] }),
    name: z.string().meta({ description: 'Name the team sees.', examples: ['Ada Lovelace'] }),
    role: roleField,
    twoFactor: z.boolean().meta({ description: 'Whether a second factor is in force.', examples: [true] }),
    joinedAt: timeField,
  })
  .meta({ id: 'Member' });

export function toMember(row: MemberRow): z.output<typeof memberSchema> {
  return {
    personId: row.person_id,
    email: row.email,
    name: row.name,
    role: row.role,
    twoFactor: row.two_factor,
    joinedAt: row.created_at.toISOString(),
  };
}

const invitationFields = {
  id: shownId('inv', 'Id of the invitation.'),
  email: z.string().meta({ description: 'Who is invited.', examples: ['ada@example.com'] }),
  role: roleField,
  invitedBy: shownId('usr', 'The person or key that invited.'),
  createdAt: timeField,
  expiresAt: timeField.meta({ description: 'When the link stops working.' }),
};

export const invitationSchema = z.object(invitationFields).meta({ id: 'Invitation' });

export const newInvitationSchema = z
  .object({
    ...invitationFields,
    link: z.string().meta({
      description: 'Shown this once. Whoever opens it can join: send it to the person alone.',
      examples: ['https://waping.example.com/account/invitation#…'],
    }),
  })
  .meta({ id: 'NewInvitation' });

export function toInvitation(row: InvitationRow): z.output<typeof invitationSchema> {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    invitedBy: row.invited_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}

export const sessionSchema = z
  .object({
    id: shownId('ses', 'Id of the session.'),
    personId: shownId('usr', 'Who is signed in.'),
    workspaceId: shownId('ws', 'The workspace it works in now.'),
    current: z.boolean().meta({ description: 'Whether it is the one that asks.', examples: [true] }),
    address: z.string().meta({ description: 'Where it was opened from.', examples: ['203.0.113.9'] }),
    userAgent: z.string().nullable().meta({ description: 'The browser, as it names itself.' }),
    createdAt: timeField,
    lastSeenAt: timeField.meta({ description: 'Last use, to the minute.' }),
    expiresAt: timeField.meta({ description: 'When it ends.' }),
  })
  .meta({ id: 'Session' });

export function toSession(row: SessionRow, currentId: string | null): z.output<typeof sessionSchema> {
  return {
    id: row.id,
    personId: row.person_id,
    workspaceId: row.workspace_id,
    current: row.id === currentId,
    address: row.address,
    userAgent: row.user_agent,
    createdAt: row.created_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
