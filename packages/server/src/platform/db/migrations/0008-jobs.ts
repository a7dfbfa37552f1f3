import type { Migration } from './migration.ts';

// Jobs are rows, so that they survive whoever runs them: a claim is a lock with an end, and every write of a run names
// the lock's token. `single_key` keeps a job from being asked for twice while the first is open.
export const jobs: Migration = {
  id: 8,
  name: 'jobs',
  up: `
create table job (
  id text primary key,
  workspace_id text not null references workspace (id) on delete cascade,
  kind text not null,
  input jsonb not null,
  single_key text,
  cancelable boolean not null,
  created_by text not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed', 'canceled')),
  phase text not null default 'queued',
  done bigint not null default 0,
  total bigint,
  checkpoint jsonb,
  result jsonb,
  error jsonb,
  attempts integer not null default 0,
  run_at timestamptz not null default now(),
  locked_by text,
  locked_until timestamptz,
  lock_token bigint not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  result_expires_at timestamptz
);
create index job_page on job (workspace_id, id);
create unique index job_single on job (workspace_id, single_key)
  where single_key is not null and state in ('queued', 'running');
create index job_next on job (run_at, id) where state = 'queued';
create index job_lapsed on job (locked_until) where state = 'running';
create index job_result_age on job (result_expires_at) where result_expires_at is not null;
create index job_age on job (finished_at) where finished_at is not null;

-- What a job made, sealed under the workspace's data key.
create table job_chunk (
  workspace_id text not null,
  job_id text not null references job (id) on delete cascade,
  n integer not null,
  sealed bytea not null,
  primary key (job_id, n)
);

-- Null keeps for ever. erasing_at: asked to be erased, and nothing takes that back.
alter table workspace
  add column retention_messages_days integer check (retention_messages_days between 1 and 3650),
  add column retention_events_days integer check (retention_events_days between 1 and 3650),
  add column retention_audit_days integer check (retention_audit_days between 1 and 3650),
  add column erasing_at timestamptz;

-- The operator's record that a workspace was there. No name, no data.
create table erased_workspace (
  id text primary key,
  requested_at timestamptz not null,
  erased_at timestamptz not null default now(),
  removed jsonb not null
);

-- Which master key wraps the workspaces' data keys: no row until the first rotation. current_id and next_id are
-- fingerprints of keys, never keys.
create table master_key (
  singleton boolean primary key default true check (singleton),
  current_id bytea not null,
  next_id bytea
);

-- A node that has not heard of a rotation must not bring in a data key under a master key that is gone.
create function check_data_key() returns trigger language plpgsql as $$
declare
  known master_key%rowtype;
begin
  select * into known from master_key;
  if found and substring(new.data_key from 1 for 1) = '\\x02'
    and substring(new.data_key from 2 for 8) <> known.current_id
    and (known.next_id is null or substring(new.data_key from 2 for 8) <> known.next_id) then
    raise exception 'the data key is wrapped by a master key that was replaced' using errcode = 'WA003';
  end if;
  return new;
end $$;
create trigger workspace_data_key before insert or update of data_key on workspace
  for each row execute function check_data_key();

-- The audit log refuses every change. Erasing takes out what its entries quote of a contact, in a transaction that says
-- so, as its own retention does.
create or replace function keep_audit() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('waping.forgetting_audit', true) = 'yes' then
    return null;
  end if;
  if tg_op = 'UPDATE' and current_setting('waping.erasing_audit', true) = 'yes' then
    return null;
  end if;
  raise exception 'the audit log is append-only' using errcode = 'WA002';
end $$;

select wall_off('job', 'select, insert, update');
select wall_off('job_chunk', 'select, delete');
alter table erased_workspace enable row level security;
alter table master_key enable row level security;
grant select (retention_messages_days, retention_events_days, retention_audit_days, erasing_at),
  update (retention_messages_days, retention_events_days, retention_audit_days, erasing_at, suspended_at) on workspace to waping_tenant;
`,
};
