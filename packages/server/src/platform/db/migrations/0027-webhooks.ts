import type { Migration } from './migration.ts';

// Every endpoint has a cursor of its own into the event log. Deliveries are rows that are made a portion at a time, in the
// transaction that moves the cursor: a crash loses neither, an endpoint that filters everything out makes no rows, and of
// one that is slow, paused or not yet verified the log itself is the queue. `position` is the order of the log.
export const webhooks: Migration = {
  id: 27,
  name: 'webhooks',
  up: `
create table webhook (
  id text primary key,
  workspace_id text not null references workspace (id) on delete cascade,
  url text not null,
  description text not null,
  events text[] not null check (cardinality(events) > 0),
  device_ids text[] check (cardinality(device_ids) > 0),
  ordered boolean not null,
  header_names text[] not null,
  headers_sealed bytea not null,
  secret_sealed bytea not null,
  previous_sealed bytea,
  previous_expires_at timestamptz,
  rotated_at timestamptz,
  state text not null check (state in ('unverified', 'active', 'paused', 'disabled')),
  state_reason text,
  state_at timestamptz not null,
  cursor_tx xid8 not null default pg_current_xact_id(),
  cursor_sequence bigint not null default 0,
  -- When a challenge (unverified) or a probe (paused for its failures) goes out next; null: none does by itself. Whoever
  -- takes it moves it on first, so that one node does.
  probe_at timestamptz,
  probes integer not null default 0,
  -- Nothing is sent before: the receiver asked for a rest.
  rest_until timestamptz,
  -- The first failure since the last success.
  failing_since timestamptz,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_error text,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, id),
  constraint webhook_rotation check ((previous_sealed is null) = (previous_expires_at is null))
);
create index webhook_probes on webhook (probe_at) where probe_at is not null;

create table webhook_delivery (
  id text primary key,
  workspace_id text not null,
  webhook_id text not null,
  event_id text not null,
  event_type text not null,
  -- What is sent where no row of the log says it: test events.
  payload jsonb,
  -- Deliveries of one lane go out one after the other to an endpoint in ordered mode.
  lane text not null,
  position bigint generated always as identity,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
  failures integer not null default 0,
  next_at timestamptz not null,
  attempts jsonb not null default '[]',
  locked_by text,
  locked_until timestamptz,
  lock_token bigint not null default 0,
  created_at timestamptz not null,
  ended_at timestamptz,
  constraint webhook_delivery_once unique (webhook_id, event_id),
  foreign key (workspace_id, webhook_id) references webhook (workspace_id, id) on delete cascade
);
create index webhook_delivery_page on webhook_delivery (workspace_id, webhook_id, id);
create index webhook_delivery_due on webhook_delivery (webhook_id, next_at, position) where state = 'pending';
create index webhook_delivery_lane on webhook_delivery (webhook_id, lane, position) where state = 'pending';
create index webhook_delivery_failed on webhook_delivery (webhook_id, position) where state = 'failed';
create index webhook_delivery_held on webhook_delivery (locked_by) where locked_by is not null;
create index webhook_delivery_age on webhook_delivery (created_at);

select wall_off('webhook', 'select, insert, update, delete');
select wall_off('webhook_delivery', 'select, insert, update, delete');
`,
};
