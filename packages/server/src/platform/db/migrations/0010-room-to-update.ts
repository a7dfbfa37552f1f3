import type { Migration } from './migration.ts';

// A message is updated four times within seconds, an outbox row once or twice. An update that finds room in its own page
// touches no index; at the old fill every fourth had to write to all five. And fewer indexes: messages are always asked
// for within their workspace, and replies are only ever deleted by their age, in the order they came.
export const roomToUpdate: Migration = {
  id: 10,
  name: 'room-to-update',
  up: `
alter table message set (fillfactor = 60);
alter table outbox set (fillfactor = 50);
alter table message drop constraint message_pkey;
alter table message add primary key (workspace_id, id);
drop index message_page;
drop index idempotency_age;
create index idempotency_age on idempotency using brin (created_at);
`,
};
