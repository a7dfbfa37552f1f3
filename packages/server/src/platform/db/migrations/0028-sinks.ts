import type { Migration } from './migration.ts';

// One row for each broker of the operator that events go to, with its place in the log of all workspaces. It belongs to no
// workspace: row-level security without a policy keeps them all out. Whoever holds the lease publishes; `token` grows with
// every change of hands, and a move of the place under an older one is refused.
export const sinks: Migration = {
  id: 28,
  name: 'sinks',
  up: `
create table sink_cursor (
  name text primary key,
  cursor_tx xid8 not null,
  cursor_sequence bigint not null default 0,
  holder text,
  token bigint not null default 0,
  expires_at timestamptz not null default now(),
  published bigint not null default 0,
  published_at timestamptz,
  -- The first failure since the broker last took something.
  failing_since timestamptz,
  last_error text,
  created_at timestamptz not null default now()
);
alter table sink_cursor enable row level security;
`,
};
