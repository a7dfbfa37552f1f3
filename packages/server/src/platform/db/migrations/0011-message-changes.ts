import type { Migration } from './migration.ts';

// What others, and we, do to a message after it was sent: edits, revokes, reactions, votes. A change may come before
// its message and waits for it (message_id is null). Its key is that of the WhatsApp message it came as, so one that is
// delivered again changes nothing.
export const messageChanges: Migration = {
  id: 11,
  name: 'message-changes',
  up: `
alter table message
  add column edited_at timestamptz,
  add column revoked_at timestamptz,
  add column answer_secret bytea;

create table message_change (
  workspace_id text not null,
  device_id text not null,
  wa_id text not null,
  conversation_id text not null,
  target_wa_id text not null,
  message_id text,
  sender_id text,
  kind text not null check (kind in ('edit', 'revoke', 'reaction', 'vote')),
  content jsonb not null,
  at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (device_id, wa_id),
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id) on delete cascade,
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade
);
create index message_change_of on message_change (workspace_id, message_id) where message_id is not null;
create index message_change_waiting on message_change (device_id, target_wa_id) where message_id is null;
create index message_change_chat on message_change (workspace_id, conversation_id);
create index message_change_sender on message_change (workspace_id, sender_id) where sender_id is not null;
create index message_change_age on message_change (created_at) where message_id is null;

select wall_off('message_change', 'select');
`,
};
