import type { Migration } from './migration.ts';

// A file that WhatsApp's host has lost is asked of the phone, which may sleep for hours: that is a step of its own, with
// counts of its own, so that waiting for phones takes nothing from the downloads of others. `status_audience` keeps for
// the time in which it can be taken back who was sent a status update: those must be told, opted out or not.
export const filesOnTheirWay: Migration = {
  id: 22,
  name: 'files-on-their-way',
  up: `
alter table media_fetch
  add column asks_phone boolean not null default false,
  add column phone_asks integer not null default 0;

create table status_audience (
  workspace_id text not null,
  device_id text not null,
  message_id text not null,
  contact_ids text[] not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, message_id),
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade
);
create index status_audience_age on status_audience (created_at);
alter table status_audience enable row level security;
`,
};
