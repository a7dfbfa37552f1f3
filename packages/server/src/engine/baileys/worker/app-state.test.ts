import { type ChatMutation, processSyncAction } from 'baileys';
import { expect, it } from 'vitest';
import { type ChatRead, readsLogger } from './app-state.ts';

const ME = { id: '15550001:3@s.whatsapp.net' };
const CHAT = { kind: 'person', phone: '+15550002' };

/** What is heard of an action that the engine library itself processes. */
function heard(mutation: ChatMutation, initial = false): ChatRead[] {
  const reads: ChatRead[] = [];
  const nobody = { emit: () => true } as unknown as Parameters<typeof processSyncAction>[1];
  const first = initial ? { accountSettings: { unarchiveChats: false } } : undefined;
  processSyncAction(
    mutation,
    nobody,
    ME,
    first,
    readsLogger((read) => reads.push(read)),
  );
  return reads;
}

const marked = (read: boolean, range?: { lastMessageTimestamp: number }): ChatMutation => ({
  index: ['markChatAsRead', '15550002@s.whatsapp.net'],
  syncAction: {
    value: { timestamp: 1_700_000_500_000, markChatAsReadAction: { read, ...(range ? { messageRange: range } : {}) } },
  },
});

it('hears up to which message a chat was read on the phone, else until when', () => {
  const range = { lastMessageTimestamp: 1_700_000_000 };
  expect(heard(marked(true, range))).toEqual([{ chat: CHAT, waIds: 'all', sentUpTo: 1_700_000_000_000 }]);
  expect(heard(marked(true))).toEqual([{ chat: CHAT, waIds: 'all', sentUpTo: 1_700_000_500_000 }]);
});

it('hears nothing of a chat marked unread, of the first snapshot, or of other actions', () => {
  expect(heard(marked(false))).toEqual([]);
  expect(heard(marked(true), true)).toEqual([]);
  const muted = { index: ['mute', '15550002@s.whatsapp.net'], syncAction: { value: { muteAction: { muted: true } } } };
  expect(heard(muted)).toEqual([]);
});
