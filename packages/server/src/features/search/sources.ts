import type { Queryable } from '../../platform/db/port.ts';
import {
  type BackfillPage,
  olderContacts,
  olderMessages,
  type PendingContact,
  type PendingMessage,
  type PendingPage,
  pendingContacts,
  pendingMessages,
  type SearchedKind,
} from './store.ts';
import { CONTACT_TAG, tag } from './template.ts';
import { textsOf, tokensOf } from './texts.ts';
import type { Token } from './tokens.ts';

/** A row as the index sees it. */
export interface Readable {
  workspaceId: string;
  id: string;
  tx: string | null;
  tokens: Token[];
  tags: string[];
  /** Whether its words are found by their stems: names are not. */
  stemmed: boolean;
}

/** Where rows of a kind come from. */
export interface Source {
  kind: SearchedKind;
  pending(db: Queryable, page: PendingPage): Promise<Readable[]>;
  older(db: Queryable, page: BackfillPage): Promise<Readable[]>;
}

function readMessage(row: PendingMessage): Readable {
  const tags = [
    tag.device(row.device_id),
    tag.conversation(row.conversation_id),
    tag.type(row.type),
    tag.direction(row.direction),
    ...(row.sender_id === null ? [] : [tag.sender(row.sender_id)]),
  ];
  const tokens = tokensOf(textsOf(row.content));
  return { workspaceId: row.workspace_id, id: row.id, tx: row.tx, tokens, tags, stemmed: true };
}

const SHORTEST_ENDING = 2;

/** Every ending of a number: what begins one of them stands somewhere inside the number. */
function endingsOf(digits: string): string[] {
  const endings: string[] = [];
  for (let at = 0; at + SHORTEST_ENDING <= digits.length; at += 1) endings.push(`n${digits.slice(at)}`);
  return endings;
}

function readContact(row: PendingContact): Readable {
  const names = [row.name, row.push_name].flatMap((text) => (text === null ? [] : [{ field: '', text }]));
  const numbers = [row.phone, row.lid?.split('@')[0]].flatMap((text) => (text ? [text.replace(/\D/g, '')] : []));
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    tx: row.tx,
    tokens: tokensOf(names),
    tags: [CONTACT_TAG, ...numbers.flatMap(endingsOf)],
    stemmed: false,
  };
}

/** All that is searched. */
export const sources: readonly Source[] = [
  {
    kind: 'message',
    pending: async (db, page) => (await pendingMessages(db, page)).map(readMessage),
    older: async (db, page) => (await olderMessages(db, page)).map(readMessage),
  },
  {
    kind: 'contact',
    pending: async (db, page) => (await pendingContacts(db, page)).map(readContact),
    older: async (db, page) => (await olderContacts(db, page)).map(readContact),
  },
];
