import type { ContentKind } from './kind.ts';

export const text: ContentKind<'text'> = {
  write: ({ text: { body } }) => ({ conversation: body }),
  read(message) {
    const body = message.conversation || message.extendedTextMessage?.text;
    return body ? { type: 'text', text: { body } } : undefined;
  },
};
