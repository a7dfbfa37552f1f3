import type { Migration } from './migration.ts';

// An outbox row that waits for its time stands out of line: a claim reads along `outbox_next` and must not step over
// ten thousand messages of next week. `outbox_due` is read for the earliest of them, `outbox_paced` keeps the order of a
// chat while one of its messages is held back. For pacing, a chat keeps when its person last wrote and on which day it
// was last counted as cold (`2026-11-27`), and a device its own count of such chats.
export const schedule: Migration = {
  id: 12,
  name: 'schedule',
  up: `
alter table message add column send_at timestamptz;

alter table outbox add column waits text check (waits in ('schedule', 'pacing'));
drop index outbox_next;
create index outbox_next on outbox (device_id, lane, position) where waits is null;
create index outbox_due on outbox (not_before) where waits is not null;
create index outbox_paced on outbox (conversation_id, lane) where waits = 'pacing';

alter table device
  add column pacing jsonb,
  add column linked_at timestamptz,
  add column cold_day text,
  add column cold_used integer not null default 0;
update device set linked_at = created_at where phone is not null;

alter table conversation
  add column inbound_at timestamptz,
  add column cold_day text;
update conversation c set inbound_at = m.at
  from (select workspace_id, conversation_id, max(created_at) as at from message
    where direction = 'inbound' group by workspace_id, conversation_id) m
  where m.workspace_id = c.workspace_id and m.conversation_id = c.id;
`,
};
