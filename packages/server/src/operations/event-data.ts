import { z } from 'zod';
import { callSchema } from '../features/calls/index.ts';
import { contactSchema } from '../features/contacts/index.ts';
import { deviceSchema, deviceStateField, gapSchema } from '../features/devices/index.ts';
import { type EventType, eventSchema } from '../features/events/index.ts';
import { groupSchema } from '../features/groups/index.ts';
import { jobSchema } from '../features/jobs/index.ts';
import { roleField } from '../features/members/index.ts';
import { mediaShown, messageErrorSchema, messageSchema, templateSchema } from '../features/messages/index.ts';
import { presenceStateField } from '../features/presence/index.ts';
import { webhookSchema } from '../features/webhooks/index.ts';
import { settingsSchema } from '../features/workspaces/index.ts';
import { shownId, shownIdOrNull, timeField } from './fields.ts';

const at = timeField.meta({ description: 'When it happened.' });
const deviceId = shownId('dev', 'The device.');
const contactId = shownId('con', 'The contact.');
const groupId = shownId('grp', 'The group.');
const changed = z.array(z.string()).meta({ description: 'Which fields changed.', examples: [['subject']] });
const pictureId = z
  .string()
  .nullable()
  .meta({ description: 'WhatsApp’s name of the picture; null: there is none.', examples: ['1700000000'] });
const count = (description: string) =>
  z
    .number()
    .int()
    .meta({ description, examples: [3] });

/** What is left of an event when what it told was erased. */
const erased = z.object({
  erased: z.literal(true).meta({ description: 'What it told was erased.', examples: [true] }),
});
const orErased = (data: z.ZodType) => z.union([data, erased]);

const { shape } = messageSchema;
const status = {
  status: shape.status,
  statusAt: shape.statusAt,
  heldReason: shape.heldReason,
  nextAttemptAt: shape.nextAttemptAt,
  error: messageErrorSchema.nullable().meta({ description: 'Why it failed, with status `failed`.' }),
};

/** Of a message that was taken back or is kept no longer: what it was and where it stood, not what it said. */
const erasedMessage = erased.extend({
  message: z
    .object({
      id: shape.id,
      conversationId: shape.conversationId,
      deviceId: shape.deviceId,
      direction: shape.direction,
      type: shape.type,
      ...status,
      createdAt: shape.createdAt,
      sentAt: shape.sentAt,
    })
    .partial()
    .meta({ description: 'What it was and where it stood.' }),
  senderId: shownIdOrNull('con', 'Who changed it.').optional(),
  at: at.optional(),
  reason: z.string().optional().meta({ description: 'Why it could not be read.' }),
});

const message = messageSchema.meta({ description: 'The message as it was then.' });
const ofMessage = (more: z.ZodRawShape = {}) => z.union([z.object({ message, ...more }), erasedMessage, erased]);

/** Of a step on its way: what changed, not the whole message again; of its first step, the whole. */
const step = z.union([
  z.object({ message }),
  z.object({
    message: z
      .object({ id: shape.id, conversationId: shape.conversationId, ...status, clientRef: shape.clientRef })
      .meta({ description: 'Where the message stands now.' }),
  }),
  erasedMessage,
  erased,
]);

const change = { senderId: shownIdOrNull('con', 'Who did it; null: you, or your own phone.'), at };

const device = deviceSchema.meta({ description: 'The device as it is now.' });
const deviceMoved = z.object({
  device,
  previousState: deviceStateField.meta({ description: 'Where it stood before.' }),
});
const deviceHealth = deviceMoved.extend({
  health: z
    .object({
      score: count('0 to 100.'),
      reasons: z
        .array(
          z.object({
            code: z.string().meta({ description: 'Stable; new ones may come.', examples: ['slow'] }),
            message: z.string().meta({ description: 'For people.', examples: ['slow round trip'] }),
            points: count('What it costs.'),
          }),
        )
        .meta({ description: 'What keeps the score from 100.' }),
      previousScore: z
        .number()
        .int()
        .nullable()
        .meta({ description: 'The score told before.', examples: [100] }),
    })
    .optional()
    .meta({ description: 'Where its health changed, not its state.' }),
});

const historyPart = z
  .object({
    kind: z.string().meta({ description: 'Which part of the history.', examples: ['recent'] }),
    chunk: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Its number.', examples: [1] }),
    percent: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'How far the phone says it is.', examples: [40] }),
    state: z.string().meta({ description: '`waiting`, `done` or `failed`.', examples: ['done'] }),
    items: count('Conversations and messages looked at.'),
    messages: count('Messages stored.'),
    reason: z.string().nullable().meta({ description: 'Why it was given up.' }),
  })
  .meta({ description: 'The part that came or moved on.' });

const media = z.object({
  mediaId: shownIdOrNull('med', 'The media; null where there is none.'),
  messageId: shownIdOrNull('msg', 'The message that shows it; null where it was uploaded or fetched.'),
  conversationId: shownId('cnv', 'The chat of that message.').optional(),
  kind: z.string().meta({ description: 'What the file is, or the type of its message.', examples: ['image'] }),
  mimeType: z
    .string()
    .optional()
    .meta({ description: 'Its media type.', examples: ['image/jpeg'] }),
  size: z
    .number()
    .int()
    .optional()
    .meta({ description: 'Bytes.', examples: [48_213] }),
  media: mediaShown.nullable().optional().meta({ description: 'The file as its message shows it.' }),
  at,
});

const contact = contactSchema.meta({ description: 'The contact as it is now.' });
const consent = orErased(
  z.object({
    contact,
    reason: z
      .string()
      .optional()
      .meta({ description: '`keyword` where the person wrote it.', examples: ['keyword'] }),
    keyword: z
      .string()
      .optional()
      .meta({ description: 'The word the person wrote.', examples: ['stop'] }),
    messageId: shownId('msg', 'The message that says so.').optional(),
  }),
);
const block = orErased(z.object({ contactId, deviceId }));

const person = z.object({
  phone: z
    .string()
    .nullable()
    .meta({ description: 'E.164, where known.', examples: ['+15551234567'] }),
  lid: z.string().nullable().meta({ description: 'WhatsApp’s privacy-preserving number, where known.' }),
});
const people = (description: string) => z.array(person).meta({ description });
const group = groupSchema.meta({ description: 'The group as it is now.' });
const wholeGroup = orErased(z.object({ group }));

const quota = z.object({
  month: z.string().meta({ description: 'The calendar month, UTC.', examples: ['2026-11'] }),
  level: count('Percent of the quota.'),
  sent: count('Messages accepted this month.'),
  limit: count('How many the month has.'),
});

const key = z.object({
  keyId: shownId('key', 'The key.'),
  name: z.string().meta({ description: 'What it is for.', examples: ['Shop backend'] }),
});
const invitation = z.object({
  invitationId: shownId('inv', 'The invitation.'),
  email: z.string().meta({ description: 'Who is invited.', examples: ['ada@example.com'] }),
  role: roleField,
});
const personId = shownId('usr', 'The person.');
const call = orErased(z.object({ call: callSchema.meta({ description: 'The call as it is now.' }) }));
const template = z.object({ template: templateSchema.meta({ description: 'The template; deleted: as it was.' }) });
const job = z.object({
  job: jobSchema.pick({ id: true, kind: true, state: true }).meta({ description: 'The job.' }),
});
const gap = z.object({ deviceId, gap: gapSchema.meta({ description: 'The gap.' }) });
const shownOfWebhook = { id: true, description: true, state: true, stateReason: true } as const;
const webhook = z.object({
  webhook: webhookSchema.pick(shownOfWebhook).meta({ description: 'The endpoint as it is now, without its URL.' }),
});

/** What `data` is of each type of event. */
const EVENT_DATA: Readonly<Record<EventType, z.ZodType>> = {
  'device.created': z.object({ device }),
  'device.qr': z.object({
    deviceId,
    method: z.enum(['qr', 'code']).meta({ description: 'What can be shown.', examples: ['qr'] }),
    expiresAt: timeField.meta({ description: 'Until when it can be used.' }),
  }),
  'device.linked': deviceMoved,
  'device.connected': deviceMoved,
  'device.degraded': deviceMoved,
  'device.disconnected': deviceMoved,
  'device.logged_out': deviceMoved,
  'device.restricted': deviceMoved,
  'device.health_changed': deviceHealth,
  'device.link_failed': deviceMoved,
  'gap.detected': gap,
  'gap.recovered': gap,
  'device.deleted': z.object({ deviceId }),
  'device.history_sync': z.object({
    deviceId,
    historySync: deviceSchema.shape.historySync,
    part: historyPart,
  }),
  'message.received': ofMessage(),
  'status.received': ofMessage(),
  'message.scheduled': step,
  'message.queued': step,
  'message.held': step,
  'message.sending': step,
  'message.sent': step,
  'message.delivered': step,
  'message.read': step,
  'message.played': step,
  'message.failed': step,
  'message.canceled': step,
  'message.expired': step,
  'message.edited': ofMessage(change),
  'message.revoked': ofMessage(change),
  'message.reaction': ofMessage({
    ...change,
    reaction: z
      .object({ emoji: z.string().meta({ description: 'Empty: taken back.', examples: ['👍'] }) })
      .meta({ description: 'The reaction.' }),
  }),
  'message.vote': ofMessage({
    ...change,
    vote: z
      .object({ options: z.array(z.string()).meta({ description: 'None: taken back.', examples: [['Tuesday']] }) })
      .meta({ description: 'What was voted for.' }),
  }),
  'media.ready': orErased(media),
  'media.failed': orErased(media),
  'media.deleted': orErased(z.object({ mediaId: shownId('med', 'The media.'), at })),
  'message.undecryptable': ofMessage({
    reason: z.string().meta({ description: 'Why it cannot be read.', examples: ['unknown'] }),
  }),
  'message.recovered': ofMessage(),
  'call.offered': call,
  'call.ended': call,
  'conversation.read': orErased(
    z.object({
      conversationId: shownId('cnv', 'The chat.'),
      deviceId,
      readUpTo: shownIdOrNull('msg', 'The newest message that is read.'),
      unread: count('Messages that are not.'),
    }),
  ),
  'contact.updated': orErased(z.object({ contact })),
  'contact.merged': orErased(
    z.object({
      contact,
      mergedContactId: shownId('con', 'The contact that is gone.'),
      conversations: z
        .array(z.object({ from: shownId('cnv', 'The chat that is gone.'), to: shownId('cnv', 'The chat it became.') }))
        .meta({ description: 'Chats that became one.' }),
    }),
  ),
  'contact.blocked': block,
  'contact.unblocked': block,
  'presence.changed': orErased(
    z.object({
      deviceId,
      contactId,
      state: presenceStateField,
      lastSeen: timeField.nullable().meta({ description: 'When the person was last seen, where they show it.' }),
      at,
    }),
  ),
  'contact.picture_changed': orErased(z.object({ contactId, deviceId, pictureId })),
  'device.profile_updated': z.object({ deviceId, changed, pictureId: pictureId.optional() }),
  'group.created': wholeGroup,
  'group.updated': z.union([
    z.object({ group, changed, pictureId: pictureId.optional() }),
    z.object({ groupId, deviceId, changed }),
    erased,
  ]),
  'group.participants_changed': orErased(
    z.object({
      group,
      added: people('Who came.'),
      removed: people('Who left or was removed.'),
      promoted: people('Who is an admin now.'),
      demoted: people('Who is none any more.'),
    }),
  ),
  'group.joined': wholeGroup,
  'group.join_requested': z.object({ deviceId, whatsappId: groupSchema.shape.whatsappId }),
  'group.join_decided': z.object({
    groupId,
    deviceId,
    decision: z.string().meta({ description: '`approve` or `reject`.', examples: ['approve'] }),
    decided: count('For how many people.'),
  }),
  'group.left': orErased(
    z.object({
      groupId,
      deviceId,
      subject: groupSchema.shape.subject,
      leftAt: timeField.meta({ description: 'Since when.' }),
    }),
  ),
  'contact.opted_out': consent,
  'contact.opted_in': consent,
  'template.created': template,
  'template.updated': template,
  'template.deleted': template,
  'quota.threshold': quota,
  'quota.exceeded': quota,
  'key.created': key,
  'member.invited': invitation,
  'member.invitation_revoked': invitation,
  'member.joined': z.object({
    personId,
    role: roleField,
    invitationId: shownIdOrNull('inv', 'The invitation; null: the first owner.'),
  }),
  'member.role_changed': z.object({ personId, role: roleField, previousRole: roleField }),
  'member.removed': z.object({ personId, role: roleField }),
  'key.updated': key.extend({ changed }),
  'key.rotated': key.extend({
    oldSecretUntil: timeField.nullable().meta({ description: 'How long the old secret works; null: no more.' }),
  }),
  'key.rotation_ended': key.extend({
    kept: z.string().meta({ description: 'Which secret stays: `new` or `old`.', examples: ['new'] }),
  }),
  'key.revoked': key,
  'webhook.created': webhook,
  'webhook.updated': webhook.extend({ changed }),
  'webhook.deleted': webhook,
  'webhook.rotated': webhook.extend({
    oldSecretUntil: timeField.nullable().meta({ description: 'How long the old secret signs too; null: no more.' }),
  }),
  'webhook.verified': webhook,
  'webhook.paused': webhook,
  'webhook.resumed': webhook,
  'webhook.disabled': webhook,
  'contact.erased': z.object({ contactId, at }),
  'workspace.updated': z.object({ workspace: settingsSchema.meta({ description: 'The settings as they are now.' }) }),
  'job.succeeded': job,
  'job.failed': job,
  'job.canceled': job,
};

/** The whole event of a type, envelope included, as every reader gets it. */
export function schemaOfEvent(type: EventType): z.ZodType {
  return eventSchema.extend({
    type: z.literal(type).meta({ description: 'What happened.', examples: [type] }),
    data: EVENT_DATA[type],
  });
}
