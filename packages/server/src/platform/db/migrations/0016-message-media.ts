import type { Migration } from './migration.ts';

// Files on their way. `media_fetch` holds what is still to be downloaded, one row for each message, until its file is
// here or never will be; `media_upload` remembers where a file was uploaded, so that a message that goes again does not
// take it up again. Both hold keys of files, sealed by the device's session, and are WAPing's own: no tenant sees them.
export const messageMedia: Migration = {
  id: 16,
  name: 'message-media',
  up: `
create table media_fetch (
  message_id text primary key,
  workspace_id text not null,
  device_id text not null,
  sealed bytea not null,
  attempts integer not null default 0,
  next_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade
);
create index media_fetch_due on media_fetch (device_id, next_at);
create index media_fetch_age on media_fetch (created_at);

create table media_upload (
  workspace_id text not null,
  device_id text not null,
  sha256 bytea not null,
  kind text not null,
  sealed bytea not null,
  uploaded_at timestamptz not null default now(),
  primary key (workspace_id, device_id, sha256, kind),
  foreign key (workspace_id, device_id) references device (workspace_id, id) on delete cascade
);
create index media_upload_age on media_upload (uploaded_at);

alter table media_fetch enable row level security;
alter table media_upload enable row level security;
`,
};
