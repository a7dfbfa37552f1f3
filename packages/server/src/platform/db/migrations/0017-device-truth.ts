import type { Migration } from './migration.ts';

// How a device truly is. A gap is a time in which it could hear nothing: `filling` while WhatsApp sends what it kept, one
// at a time for each device; `told` once its workspace has heard of it. `device_health` is what its owner last measured,
// for other nodes and for the time at which a node died; `told_*` is what the last event said.
export const deviceTruth: Migration = {
  id: 17,
  name: 'device-truth',
  up: `
alter table device add column restricted_until timestamptz;

create table device_gap (
  id text primary key,
  workspace_id text not null,
  device_id text not null,
  from_at timestamptz not null,
  to_at timestamptz,
  reason text not null,
  status text not null check (status in ('open', 'filling', 'recovered', 'lost')),
  recovered integer not null default 0,
  told boolean not null default false,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  foreign key (workspace_id, device_id) references device (workspace_id, id) on delete cascade
);
create unique index device_gap_now on device_gap (device_id) where status in ('open', 'filling');
create index device_gap_of on device_gap (workspace_id, device_id, id);
create index device_gap_filling on device_gap (to_at) where status = 'filling';

create table device_health (
  device_id text primary key,
  workspace_id text not null,
  score integer not null check (score between 0 and 100),
  reasons jsonb not null,
  live jsonb not null,
  seen_at timestamptz,
  measured_at timestamptz not null,
  told_score integer not null,
  told_at timestamptz,
  foreign key (workspace_id, device_id) references device (workspace_id, id) on delete cascade
);

select wall_off('device_gap', 'select, insert, update, delete');
select wall_off('device_health', 'select, insert, update, delete');
`,
};
