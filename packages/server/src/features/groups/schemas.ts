import { z } from 'zod';
import type { MemberResult } from '../../engine/asks.ts';
import { E164, isoOrNull, shownId, shownIdOrNull, timeField } from '../../operations/fields.ts';
import { isId } from '../../platform/ids.ts';
import type { ShownMemberRow } from './member-store.ts';
import type { ShownGroupRow } from './store.ts';

/** WhatsApp's own bounds. */
const MAX_SUBJECT = 100;
const MAX_DESCRIPTION = 2_048;
/** Members one call may name. */
export const MAX_MEMBERS = 100;

export const roleField = z
  .enum(['owner', 'admin', 'member'])
  .meta({ description: 'What the person may do in the group.', examples: ['member'] });

export const subjectField = z
  .string()
  .trim()
  .min(1)
  .max(MAX_SUBJECT)
  .meta({ description: 'Name of the group.', examples: ['Order 12345'] });

/** What may be changed of a group, besides its subject. */
export const settingFields = {
  description: z
    .string()
    .max(MAX_DESCRIPTION)
    .meta({ description: 'Text under the name; empty for none.', examples: ['Questions about your order'] }),
  announce: z.boolean().meta({ description: 'true: only admins send messages.', examples: [false] }),
  locked: z
    .boolean()
    .meta({ description: 'true: only admins change name, description and picture.', examples: [false] }),
  memberAdd: z.enum(['admins', 'all']).meta({ description: 'Who may add members.', examples: ['admins'] }),
  joinApproval: z
    .boolean()
    .meta({ description: 'true: who comes by the invite link waits for an admin.', examples: [false] }),
  ephemeralSeconds: z.union([z.literal(0), z.literal(86_400), z.literal(604_800), z.literal(7_776_000)]).meta({
    description: 'Seconds after which messages disappear: a day, a week, 90 days, or 0 for never.',
    examples: [0],
  }),
};

/** People as a caller names them. */
export const membersField = z
  .array(
    z.string().refine((text) => E164.test(text) || isId('con', text), {
      message: 'must be an E.164 number (+ and 7 to 15 digits) or a contact id',
    }),
  )
  .min(1)
  .max(MAX_MEMBERS)
  .meta({ description: `1 to ${MAX_MEMBERS} E.164 numbers or contact ids.`, examples: [['+15551234567']] });

export const groupSchema = z
  .object({
    id: shownId('grp', 'Id of the group on this device.'),
    deviceId: shownId('dev', 'The device that is in it.'),
    conversationId: shownIdOrNull('cnv', 'Its chat, once there is a message.'),
    whatsappId: z.string().meta({ description: 'WhatsApp’s id of the group.', examples: ['120363000000000001'] }),
    subject: z.string().meta({ description: 'Name of the group.', examples: ['Order 12345'] }),
    ...settingFields,
    ephemeralSeconds: z
      .number()
      .int()
      .meta({ description: 'Seconds after which messages disappear; 0 is never.', examples: [0] }),
    role: roleField
      .nullable()
      .meta({ description: 'What the account itself may do; null where it is not in the group.' }),
    memberCount: z
      .number()
      .int()
      .meta({ description: 'How many are in it, as far as known.', examples: [3] }),
    foundedAt: timeField.nullable().meta({ description: 'When it was made on WhatsApp.' }),
    leftAt: timeField.nullable().meta({ description: 'Since when the account is not in it any more.' }),
    createdAt: timeField,
  })
  .meta({ id: 'Group' });

export type GroupResource = z.output<typeof groupSchema>;

export const memberSchema = z
  .object({
    phone: z
      .string()
      .nullable()
      .meta({ description: 'E.164, where known.', examples: ['+15551234567'] }),
    lid: z.string().nullable().meta({ description: 'WhatsApp’s privacy-preserving number, where known.' }),
    role: roleField,
    contactId: shownIdOrNull('con', 'The contact it is, where it is one.'),
    name: z
      .string()
      .nullable()
      .meta({ description: 'Name of the contact.', examples: ['Ada'] }),
  })
  .meta({ id: 'GroupMember' });

export const wholeGroupSchema = groupSchema
  .extend({ members: z.array(memberSchema).meta({ description: 'Everyone in it, admins first.' }) })
  .meta({ id: 'GroupWithMembers' });

export const resultSchema = z
  .object({
    member: z.string().meta({ description: 'The person as you named them.', examples: ['+15551234567'] }),
    status: z
      .enum([
        'done',
        'invite_needed',
        'recently_left',
        'already_member',
        'not_a_member',
        'not_on_whatsapp',
        'group_full',
        'refused',
      ])
      .meta({
        description:
          '`invite_needed`: their privacy settings let nobody add them, send them the invite link. `recently_left`: they left and only come back by the link.',
        examples: ['done'],
      }),
    whatsappCode: z
      .number()
      .int()
      .meta({ description: 'WhatsApp’s own code.', examples: [200] }),
  })
  .meta({ id: 'GroupMemberResult' });

const STATUS_OF: Record<number, z.output<typeof resultSchema>['status']> = {
  200: 'done',
  403: 'invite_needed',
  404: 'not_a_member',
  408: 'recently_left',
  409: 'already_member',
  419: 'group_full',
};

/** What became of one person. A person to be added whom WhatsApp does not find has no account. */
export function toResult(
  member: string,
  result: MemberResult | undefined,
  adding: boolean,
): z.output<typeof resultSchema> {
  const code = result?.code ?? 404;
  const status = adding && code === 404 ? 'not_on_whatsapp' : (STATUS_OF[code] ?? 'refused');
  return { member, status, whatsappCode: code };
}

export function toGroup(row: ShownGroupRow): GroupResource {
  return {
    id: row.id,
    deviceId: row.device_id,
    conversationId: row.conversation_id,
    whatsappId: row.wa_id,
    subject: row.subject,
    description: row.description,
    announce: row.announce,
    locked: row.locked,
    memberAdd: row.member_add,
    joinApproval: row.join_approval,
    ephemeralSeconds: row.ephemeral_seconds,
    role: row.role,
    memberCount: row.members,
    foundedAt: isoOrNull(row.founded_at),
    leftAt: isoOrNull(row.left_at),
    createdAt: row.created_at.toISOString(),
  };
}

export function toMember(row: ShownMemberRow): z.output<typeof memberSchema> {
  return { phone: row.phone, lid: row.lid, role: row.role, contactId: row.contact_id, name: row.name };
}

/** What an operation on several people answers. */
export const outcomeSchema = z.object({
  group: wholeGroupSchema,
  results: z.array(resultSchema).meta({ description: 'What became of each person, as you named them.' }),
});
