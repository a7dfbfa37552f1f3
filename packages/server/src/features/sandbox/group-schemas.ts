import { z } from 'zod';
import { phoneField } from '../../operations/fields.ts';

/** WhatsApp's bound on a group's name, and ours on the people one call names. */
const MAX_SUBJECT = 100;
const MAX_MEMBERS = 100;

const OUTCOMES: Readonly<Record<number, 'done' | 'invite_needed' | 'not_on_whatsapp' | 'left' | 'already'>> = {
  200: 'done',
  403: 'invite_needed',
  404: 'not_on_whatsapp',
  408: 'left',
  409: 'already',
};

export const whatsappIdField = z
  .string()
  .regex(/^\d{10,25}(-\d{5,15})?$/, { message: 'must be WhatsApp’s id of a group' })
  .meta({ description: 'WhatsApp’s id of the group: `whatsappId` of `/v1/groups`.', examples: ['120363012345678901'] });

export const groupParams = z.strictObject({
  whatsappId: z
    .string()
    .max(64)
    .meta({ description: 'WhatsApp’s id of the group.', examples: ['120363012345678901'] }),
});

export const subjectField = z
  .string()
  .trim()
  .min(1)
  .max(MAX_SUBJECT)
  .meta({ description: 'Name of the group.', examples: ['Neighbours'] });

export const phonesField = z.array(phoneField).min(1).max(MAX_MEMBERS);

export const actorField = phoneField.meta({
  description: 'The simulated phone of yours on which it is done.',
  examples: ['+15551234567'],
});

export const sandboxGroupSchema = z
  .object({
    whatsappId: whatsappIdField,
    subject: subjectField,
    description: z.string().meta({ description: 'Text under the name.' }),
    announce: z.boolean().meta({ description: 'Whether only admins send messages.', examples: [false] }),
    joinApproval: z.boolean().meta({ description: 'Whether who comes by the link waits for an admin.' }),
    inviteCode: z.string().meta({ description: 'The end of its invite link.' }),
    members: z
      .array(
        z.object({
          phone: phoneField,
          role: z.enum(['owner', 'admin', 'member']).meta({ description: 'What it may do.', examples: ['member'] }),
        }),
      )
      .meta({ description: 'Who is in it.' }),
    requests: z.array(phoneField).meta({ description: 'Who waits to be let in.', examples: [[]] }),
  })
  .meta({ id: 'SandboxGroup' });

export const groupResults = z
  .object({
    results: z
      .array(
        z.object({
          phone: phoneField,
          status: z
            .enum(['done', 'invite_needed', 'not_on_whatsapp', 'left', 'already', 'failed'])
            .meta({ description: 'What became of it.', examples: ['done'] }),
        }),
      )
      .meta({ description: 'One for each number, in your order.' }),
  })
  .meta({ id: 'SandboxGroupResults' });

const ROLES = { superadmin: 'owner', admin: 'admin', member: 'member' } as const;

const controlGroup = z.object({
  jid: z.string(),
  subject: z.string(),
  description: z.string(),
  announcement: z.boolean(),
  approval: z.boolean(),
  invite: z.string(),
  members: z.array(z.object({ number: z.string(), role: z.enum(['superadmin', 'admin', 'member']) })),
  requests: z.array(z.string()),
});

export const controlGroups = z.object({ groups: z.array(controlGroup) });
const controlResults = z.object({ results: z.array(z.object({ number: z.string(), code: z.number() })) });

/** WhatsApp's address of a group. */
export const addressOf = (whatsappId: string): string => `${whatsappId}@g.us`;
export const idOfAddress = (jid: string): string => jid.slice(0, jid.indexOf('@'));

/** A group in the control plane's words, in ours. */
export function toSandboxGroup(given: unknown): z.output<typeof sandboxGroupSchema> {
  const group = controlGroup.parse(given);
  return {
    whatsappId: idOfAddress(group.jid),
    subject: group.subject,
    description: group.description,
    announce: group.announcement,
    joinApproval: group.approval,
    inviteCode: group.invite,
    members: group.members.map(({ number, role }) => ({ phone: number, role: ROLES[role] })),
    requests: group.requests,
  };
}

export function toResults(given: unknown): z.output<typeof groupResults> {
  const { results } = controlResults.parse(given);
  return { results: results.map(({ number, code }) => ({ phone: number, status: OUTCOMES[code] ?? 'failed' })) };
}
