import type { Migration } from './migration.ts';

// `usage_quota` is what makes the monthly quota exact: the accepting transaction itself is refused. A month's count is
// spread over shards, because one row that every send updates would let one send commit at a time.
export const plans: Migration = {
  id: 4,
  name: 'plans',
  up: `
alter table workspace
  add column device_limit integer check (device_limit >= 0),
  add column outbound_limit integer check (outbound_limit >= 0),
  add column suspended_at timestamptz;

-- What a device wished for when its workspace was suspended.
alter table device add column resume_desired text check (resume_desired in ('open'));

create table usage_month (
  workspace_id text not null references workspace (id) on delete cascade,
  month date not null,
  shard smallint not null,
  sent integer not null,
  allowed integer not null,
  primary key (workspace_id, month, shard),
  constraint usage_quota check (sent <= allowed)
) with (fillfactor = 50);
create index usage_month_month on usage_month (month);

create table usage_day (
  workspace_id text not null references workspace (id) on delete cascade,
  day date not null,
  device_id text not null,
  network text not null,
  direction text not null check (direction in ('inbound', 'outbound')),
  kind text not null,
  shard smallint not null,
  count integer not null,
  primary key (workspace_id, day, device_id, direction, kind, network, shard)
) with (fillfactor = 50);

create table quota_notice (
  workspace_id text not null references workspace (id) on delete cascade,
  month date not null,
  level smallint not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, month, level)
);

-- Of its own row a workspace may know the plan; to count against it, it locks the row, which takes the right to change
-- some column of it.
grant select (device_limit, outbound_limit, suspended_at), update (name) on workspace to waping_tenant;
select wall_off('usage_month', 'select, insert, update');
select wall_off('usage_day', 'select, insert, update');
select wall_off('quota_notice', 'select');
`,
};
