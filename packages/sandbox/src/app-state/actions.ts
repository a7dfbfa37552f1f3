import type { proto } from 'baileys';
import type { CollectionName } from './collections.ts';
import type { Operation } from './mutation-keys.ts';

/** One change of app state, before it is encrypted. */
export interface Mutation {
  readonly collection: CollectionName;
  readonly operation: Operation;
  /** Kind of the action, then its subject, as in WhatsApp's index array. */
  readonly index: readonly string[];
  readonly value: proto.ISyncActionValue;
  /** Version of this kind of action (not of the collection). */
  readonly apiVersion: number;
}

/** Things a person does on the phone that reach the linked devices. `chat` and `jid` are JIDs. */
export type PhoneAction =
  | { readonly type: 'archive'; readonly chat: string; readonly on: boolean }
  | { readonly type: 'pin'; readonly chat: string; readonly on: boolean }
  /** `until` is a unix time in milliseconds; undefined unmutes. */
  | { readonly type: 'mute'; readonly chat: string; readonly until: number | undefined }
  | { readonly type: 'markRead'; readonly chat: string; readonly on: boolean }
  | { readonly type: 'contact'; readonly jid: string; readonly name: string | undefined; readonly lid?: string }
  | { readonly type: 'pushName'; readonly name: string };

/** Collection, index and version per action, as Baileys' `chatModificationToAppPatch` files them. */
export function toMutation(action: PhoneAction, now: number): Mutation {
  const low = { collection: 'regular_low', operation: 'set' } as const;
  switch (action.type) {
    case 'archive': {
      const value = { timestamp: now, archiveChatAction: { archived: action.on } };
      return { ...low, index: ['archive', action.chat], value, apiVersion: 3 };
    }
    case 'pin':
      return {
        ...low,
        index: ['pin_v1', action.chat],
        value: { timestamp: now, pinAction: { pinned: action.on } },
        apiVersion: 5,
      };
    case 'mute': {
      const muteAction = { muted: action.until !== undefined, muteEndTimestamp: action.until ?? null };
      return {
        ...low,
        collection: 'regular_high',
        index: ['mute', action.chat],
        value: { timestamp: now, muteAction },
        apiVersion: 2,
      };
    }
    case 'markRead': {
      const value = { timestamp: now, markChatAsReadAction: { read: action.on } };
      return { ...low, index: ['markChatAsRead', action.chat], value, apiVersion: 3 };
    }
    case 'contact':
      return contactMutation(action, now);
    case 'pushName': {
      const value = { timestamp: now, pushNameSetting: { name: action.name } };
      return { collection: 'critical_block', operation: 'set', index: ['setting_pushName'], value, apiVersion: 1 };
    }
  }
}

function contactMutation(action: Extract<PhoneAction, { type: 'contact' }>, now: number): Mutation {
  const contactAction = {
    ...(action.name === undefined
      ? {}
      : { fullName: action.name, firstName: action.name.split(' ')[0] ?? action.name }),
    ...(action.lid === undefined ? {} : { lidJid: action.lid }),
  };
  return {
    collection: 'critical_unblock_low',
    operation: action.name === undefined ? 'remove' : 'set',
    index: ['contact', action.jid],
    value: { timestamp: now, contactAction },
    apiVersion: 2,
  };
}
