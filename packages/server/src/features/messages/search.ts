import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { devicesOf } from '../../operations/context.ts';
import { closeFound, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, listQuery, pageOf, timeField } from '../../operations/fields.ts';
import { conversationsOf } from '../conversations/index.ts';
import { findMessages, highlight, MAX_QUERY, MAX_TERMS, type MessageTags, textsOf } from '../search/index.ts';
import { messageSchema, toMessage } from './schemas.ts';
import { listMessagesById } from './store.ts';

const highlightSchema = z
  .object({
    field: z.string().meta({ description: 'Where it stands in the message.', examples: ['text.body'] }),
    snippet: z.string().meta({
      description: 'A part of the text around what was found. Plain text, not HTML: escape it as any other.',
      examples: ['Your order #12345 is confirmed.'],
    }),
    ranges: z
      .array(
        z.object({
          start: z
            .number()
            .int()
            .meta({ description: 'First UTF-16 code unit in the snippet.', examples: [5] }),
          length: z
            .number()
            .int()
            .meta({ description: 'UTF-16 code units.', examples: [5] }),
        }),
      )
      .meta({ description: 'What was found, in the snippet.' }),
  })
  .meta({ id: 'SearchHighlight' });

const foundSchema = z
  .object({
    message: messageSchema.meta({ description: 'The message.' }),
    highlights: z.array(highlightSchema).meta({ description: 'Where in it, the first three fields.' }),
  })
  .meta({ id: 'FoundMessage' });

const query = z.strictObject({
  q: z
    .string()
    .trim()
    .min(1)
    .max(MAX_QUERY)
    .meta({
      description: `What to look for, at most ${MAX_TERMS} words and phrases.`,
      examples: ['order "on its way" -draft'],
    }),
  ...listQuery,
  deviceId: idField('dev', 'Only messages of this device.').optional(),
  conversationId: idField('cnv', 'Only messages of this conversation.').optional(),
  contactId: idField('con', 'Only messages of chats with this contact, and its own in groups.').optional(),
  direction: z.enum(['inbound', 'outbound']).optional().meta({ description: 'Only received or only sent ones.' }),
  type: z
    .string()
    .regex(/^[A-Za-z]{1,40}$/, { message: 'must be a kind of message' })
    .optional()
    .meta({ description: 'Only messages of this kind.', examples: ['text'] }),
  from: timeField.optional().meta({ description: 'Only messages created at this time or later.' }),
  to: timeField.optional().meta({ description: 'Only messages created before this time.' }),
});

async function tagsOf(ctx: OperationContext, input: z.output<typeof query>): Promise<MessageTags> {
  const { contactId, deviceId } = input;
  const held = devicesOf(ctx.actor);
  const people = contactId
    ? { sender: contactId, conversations: await conversationsOf(ctx.tx, ctx.workspace.id, contactId) }
    : undefined;
  return {
    devices: deviceId ? [deviceId] : (held ?? undefined),
    people,
    conversation: input.conversationId,
    type: input.type,
    direction: input.direction ? [input.direction] : ['inbound', 'outbound'],
  };
}

export const searchMessages = defineOperation({
  id: 'messages.search',
  tag: 'Messages',
  summary: 'Search messages',
  description: `Full text over the messages of the workspace, newest first unless you ask otherwise. All words must be there; the forms of a word in English, German, Spanish, Portuguese, French and Russian are found by each other, accents and case make no difference, and text in scripts without spaces (Chinese, Japanese, Korean, Thai …) is found inside longer text. \`"…"\` is a phrase, \`-word\` or \`-"…"\` excludes, \`one OR other\` finds either of the two beside it, \`wor*\` whatever begins so. Anything else is read as words: no query is a syntax error. A message is found about a second after it is stored; while very many arrive, later. A page may hold fewer rows than \`limit\` although more follow: go by \`hasMore\`.`,
  http: { method: 'GET', path: '/v1/messages/search', status: 200 },
  scope: 'messages:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  query,
  output: pageOf('FoundMessageList', foundSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const { limit: _limit, cursor: _cursor, order: _order, ...filters } = input;
    const found = await findMessages(ctx.tx, {
      workspaceId: ctx.workspace.id,
      text: input.q,
      tags: await tagsOf(ctx, input),
      range: { since: input.from ? new Date(input.from) : null, until: input.to ? new Date(input.to) : null },
      page: openPage(input, filters),
    });
    const page = closeFound(found, { ...input, filters });
    const rows = await listMessagesById(ctx.tx, ctx.workspace.id, page.ids);
    const byId = new Map(rows.map((row) => [row.id, row]));
    const data = page.ids.flatMap((id) => {
      const row = byId.get(id);
      if (!row) return [];
      return [{ message: toMessage(row), highlights: highlight(textsOf(row.content), found.query, found.stems) }];
    });
    return { data, hasMore: page.hasMore, nextCursor: page.nextCursor };
  },
});
