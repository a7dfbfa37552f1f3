import { z } from 'zod';

const question = z.string().meta({ description: 'What is asked.', examples: ['When shall we deliver?'] });
const option = z.string().meta({ description: 'One answer to choose.', examples: ['Morning'] });
const EXAMPLE = ['Morning', 'Evening'];
const selectableCount = z
  .number()
  .int()
  .meta({ description: 'How many a voter may choose; 0 is as many as there are.', examples: [1] });

export const pollInput = z
  .strictObject({
    question: question.min(1).max(255),
    options: z
      .array(option.min(1).max(100))
      .min(2)
      .max(12)
      .refine((options) => new Set(options).size === options.length, { message: 'must differ from each other' })
      .meta({ description: '2 to 12 different answers.', examples: [EXAMPLE] }),
    selectableCount: selectableCount.min(0).max(12).default(1),
  })
  .refine((poll) => poll.selectableCount <= poll.options.length, {
    path: ['selectableCount'],
    message: 'must not be more than there are options',
  });

export const pollShown = z.object({
  question,
  options: z.array(option).meta({ description: 'The answers.', examples: [EXAMPLE] }),
  selectableCount,
});
