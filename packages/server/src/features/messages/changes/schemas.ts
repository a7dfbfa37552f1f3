import { z } from 'zod';
import { isoOrNull, shownIdOrNull, timeField } from '../../../operations/fields.ts';

const senderId = shownIdOrNull('con', 'The contact; null for your own account.');

const reactionsShown = z
  .array(
    z.object({
      emoji: z.string().meta({ description: 'The emoji.', examples: ['👍'] }),
      senderId,
      at: timeField.meta({ description: 'When it was given.' }),
    }),
  )
  .meta({ description: 'The reaction of each who has one, oldest first.' });

const pollResultsShown = z
  .array(
    z.object({
      option: z.string().meta({ description: 'The answer.', examples: ['Morning'] }),
      votes: z
        .number()
        .int()
        .meta({ description: 'How many chose it.', examples: [2] }),
      voterIds: z.array(senderId).meta({ description: 'Who chose it.' }),
    }),
  )
  .nullable()
  .meta({ description: 'For a poll: its options with the votes that could be read; null for other kinds.' });

/** What others, and you, did to a message since it was sent. */
export const changesShown = {
  editedAt: timeField.nullable().meta({ description: 'When it was last edited; the content is the new one.' }),
  revokedAt: timeField.nullable().meta({ description: 'When it was taken back; it has no content any more.' }),
  reactions: reactionsShown,
  pollResults: pollResultsShown,
};

const reactionContent = z.object({ emoji: z.string() });
/** Null where a vote could not be opened. */
export const voteContent = z.object({ options: z.array(z.string()).nullable() });
const base = { senderId: z.string().nullable(), at: z.string() };
const responsesSchema = z
  .array(
    z.discriminatedUnion('kind', [
      z.object({ ...base, kind: z.literal('reaction'), content: reactionContent }),
      z.object({ ...base, kind: z.literal('vote'), content: voteContent }),
    ]),
  )
  .nullish();

/** The change fields of a message as shown. */
export function shownChanges(
  row: { edited_at: Date | null; revoked_at: Date | null; responses: unknown },
  poll: { options: string[] } | null,
) {
  const responses = responsesSchema.parse(row.responses) ?? [];
  const reactions = responses.flatMap(({ kind, content, senderId: from, at }) =>
    kind === 'reaction' && content.emoji !== '' ? [{ emoji: content.emoji, senderId: from, at }] : [],
  );
  const votes = responses.flatMap((one) => (one.kind === 'vote' ? [one] : []));
  const pollResults =
    poll?.options.map((option) => {
      const voterIds = votes.filter(({ content }) => content.options?.includes(option)).map((vote) => vote.senderId);
      return { option, votes: voterIds.length, voterIds };
    }) ?? null;
  return { editedAt: isoOrNull(row.edited_at), revokedAt: isoOrNull(row.revoked_at), reactions, pollResults };
}
