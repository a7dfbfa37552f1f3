import type { ContentKind } from './kind.ts';

/** The versions of a poll differ in nothing that is asked; clients write the third where one answer is allowed. */
export const poll: ContentKind<'poll'> = {
  write({ poll: { question, options, selectableCount } }, { secret }) {
    const creation = {
      name: question,
      options: options.map((optionName) => ({ optionName })),
      selectableOptionsCount: selectableCount,
    };
    const messageContextInfo = { messageSecret: secret() };
    return selectableCount === 1
      ? { pollCreationMessageV3: creation, messageContextInfo }
      : { pollCreationMessage: creation, messageContextInfo };
  },
  read(message) {
    const found =
      message.pollCreationMessage ??
      message.pollCreationMessageV2 ??
      message.pollCreationMessageV3 ??
      message.pollCreationMessageV5;
    if (!found) return undefined;
    return {
      type: 'poll',
      poll: {
        question: found.name ?? '',
        options: (found.options ?? []).map(({ optionName }) => optionName ?? ''),
        selectableCount: found.selectableOptionsCount ?? 0,
      },
    };
  },
};
