import type { Migration } from './migration.ts';

// What the nodes of one installation tell each other of the requests they admitted. No operation reads it, so it stands
// behind the wall without a policy. workspace_id is empty where an address is counted.
export const rateLimits: Migration = {
  id: 7,
  name: 'rate-limits',
  up: `
create table rate_count (
  workspace_id text not null,
  name text not null,
  window_end bigint not null,
  used integer not null,
  primary key (workspace_id, name, window_end)
) with (fillfactor = 50);
create index rate_count_age on rate_count (window_end);
alter table rate_count enable row level security;
`,
};
