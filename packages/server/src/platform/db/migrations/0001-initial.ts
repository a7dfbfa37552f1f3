import type { Migration } from './migration.ts';

// Every table carries workspace_id. Foreign keys name it too, so a row cannot point into another workspace.
export const initial: Migration = {
  id: 1,
  name: 'initial',
  up: `
create table workspace (
  id text primary key,
  name text not null,
  plan text not null,
  data_key bytea not null,
  created_at timestamptz not null default now()
);

create table api_key (
  id text primary key,
  workspace_id text not null references workspace (id) on delete cascade,
  name text not null,
  secret_hash bytea not null,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index api_key_workspace on api_key (workspace_id, id);

create table device (
  id text primary key,
  workspace_id text not null references workspace (id) on delete cascade,
  label text not null,
  network text not null check (network in ('whatsapp', 'sandbox')),
  state text not null,
  state_reason text not null,
  state_at timestamptz not null default now(),
  state_deadline timestamptz,
  retry_at timestamptz,
  desired text not null default 'off' check (desired in ('off', 'open', 'link', 'logout')),
  desired_generation integer not null default 0,
  deleted_at timestamptz,
  phone text,
  lid text,
  account_name text,
  companion integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (workspace_id, id)
);

create table device_lease (
  device_id text primary key references device (id) on delete cascade,
  workspace_id text not null,
  holder text not null,
  token bigint not null,
  expires_at timestamptz not null
);

-- Locks the leases named and fails unless every one still holds, so that the statements after it in a batch need not ask.
create function assert_leases(device_ids text[], tokens bigint[]) returns void language plpgsql as $$
declare
  held integer;
begin
  perform from device_lease l join unnest(device_ids, tokens) as r (device_id, token)
    on l.device_id = r.device_id and l.token = r.token
    where l.expires_at > clock_timestamp() for share of l;
  get diagnostics held = row_count;
  if held < cardinality(device_ids) then
    raise exception 'a device lease is lost' using errcode = 'WA001';
  end if;
end $$;

create table device_link (
  device_id text primary key references device (id) on delete cascade,
  workspace_id text not null,
  method text not null check (method in ('qr', 'code')),
  phone text,
  secret_sealed bytea,
  expires_at timestamptz,
  deadline timestamptz not null,
  started_at timestamptz not null default now()
);

create table device_credentials (
  device_id text primary key references device (id) on delete cascade,
  workspace_id text not null,
  sealed bytea not null,
  updated_at timestamptz not null default now()
);

create table signal_key (
  workspace_id text not null,
  device_id text not null references device (id) on delete cascade,
  type text not null,
  id text not null,
  sealed bytea not null,
  primary key (device_id, type, id)
) with (fillfactor = 80);

create table contact (
  id text primary key,
  workspace_id text not null references workspace (id) on delete cascade,
  phone text,
  lid text,
  name text,
  push_name text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (phone is not null or lid is not null),
  unique (workspace_id, id)
);
create unique index contact_phone on contact (workspace_id, phone) where phone is not null;
create unique index contact_lid on contact (workspace_id, lid) where lid is not null;

create table conversation (
  id text primary key,
  workspace_id text not null,
  device_id text not null,
  kind text not null check (kind in ('person', 'group', 'status')),
  contact_id text,
  group_id text,
  unread integer not null default 0,
  last_message_at timestamptz,
  created_at timestamptz not null default now(),
  unique (workspace_id, id),
  foreign key (workspace_id, device_id) references device (workspace_id, id) on delete cascade,
  foreign key (workspace_id, contact_id) references contact (workspace_id, id)
);
create unique index conversation_contact on conversation (device_id, contact_id) where contact_id is not null;
create unique index conversation_group on conversation (device_id, group_id) where group_id is not null;
create index conversation_recent on conversation (workspace_id, id);

create table message (
  id text primary key,
  workspace_id text not null,
  device_id text not null,
  conversation_id text not null,
  sender_id text,
  direction text not null check (direction in ('inbound', 'outbound')),
  wa_id text not null,
  origin text not null check (origin in ('api', 'contact', 'phone')),
  source text not null default 'live' check (source in ('live', 'history', 'recovered')),
  type text not null,
  content jsonb not null,
  status text not null,
  status_rank smallint not null,
  status_at timestamptz not null default now(),
  held_reason text,
  next_attempt_at timestamptz,
  error jsonb,
  client_ref text,
  metadata jsonb,
  priority text not null default 'normal',
  valid_until timestamptz,
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  unique (device_id, wa_id, direction),
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id) on delete cascade
) with (fillfactor = 80);
create index message_page on message (workspace_id, id);
create index message_conversation on message (conversation_id, id);
create index message_device on message (device_id, id);

create table outbox (
  message_id text primary key,
  workspace_id text not null,
  device_id text not null,
  conversation_id text not null,
  lane smallint not null,
  position bigint generated always as identity,
  attempts integer not null default 0,
  not_before timestamptz not null default now(),
  claimed_at timestamptz,
  valid_until timestamptz not null
);
create index outbox_next on outbox (device_id, lane, position);
create index outbox_expiry on outbox (valid_until);

-- Instead of a foreign key: a row is only ever inserted beside its message, and checking that again is a quarter of the
-- time of accepting one.
create function leave_outbox() returns trigger language plpgsql as $$
begin
  delete from outbox o using gone g where o.message_id = g.id;
  return null;
end $$;
create trigger message_leaves_outbox after delete on message
  referencing old table as gone for each statement execute function leave_outbox();

create table event (
  id text primary key,
  workspace_id text not null,
  device_id text,
  subject_id text,
  type text not null,
  api_version text not null,
  data jsonb not null,
  created_at timestamptz not null default now(),
  tx xid8 not null default pg_current_xact_id(),
  sequence bigint generated always as identity
);
create index event_log on event (workspace_id, tx, sequence);
create index event_subject on event (workspace_id, subject_id, sequence);

create table idempotency (
  workspace_id text not null,
  operation text not null,
  key text not null,
  fingerprint bytea not null,
  status smallint,
  headers jsonb,
  body text,
  created_at timestamptz not null default now(),
  primary key (workspace_id, operation, key)
);
create index idempotency_age on idempotency (created_at);

create table sandbox_phone (
  workspace_id text not null references workspace (id) on delete cascade,
  phone text primary key,
  name text not null,
  created_at timestamptz not null default now()
);
`,
};
