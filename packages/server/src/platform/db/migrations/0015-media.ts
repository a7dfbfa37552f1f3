import type { Migration } from './migration.ts';

// Media is a row; its bytes are a file, one for each content of a workspace however many rows name it. Files are made
// and removed outside transactions, so `media_blob` says what may be done with each: who is about to name one reserves
// it first, one that nothing names is removed, and one that is being removed is named by nobody until it is gone.
export const media: Migration = {
  id: 15,
  name: 'media',
  up: `
create table media_blob (
  workspace_id text not null references workspace (id) on delete cascade,
  sha256 bytea not null check (length(sha256) = 32),
  size bigint not null check (size > 0),
  unnamed_at timestamptz,
  reserved_until timestamptz,
  removing_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (workspace_id, sha256)
);
create index media_blob_unnamed on media_blob (unnamed_at) where unnamed_at is not null;

-- standalone: made by itself, and there until it is deleted. What is not goes with the last message that names it.
create table media (
  id text primary key,
  workspace_id text not null,
  device_id text,
  sha256 bytea not null,
  size bigint not null,
  mime_type text not null,
  kind text not null check (kind in ('image', 'video', 'audio', 'document')),
  file_name text,
  width integer,
  height integer,
  source text not null check (source in ('upload', 'url', 'base64', 'inbound')),
  standalone boolean not null,
  created_at timestamptz not null default now(),
  unique (workspace_id, id),
  foreign key (workspace_id, sha256) references media_blob (workspace_id, sha256),
  foreign key (workspace_id, device_id) references device (workspace_id, id) on delete cascade
);
create index media_content on media (workspace_id, sha256);

create table message_media (
  workspace_id text not null,
  device_id text not null,
  message_id text not null,
  media_id text not null,
  primary key (workspace_id, message_id, media_id),
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade,
  foreign key (workspace_id, media_id) references media (workspace_id, id) on delete cascade
);
create index message_media_of on message_media (workspace_id, media_id);

-- These see every row of a workspace, whoever deletes: a caller held to devices must not take for unnamed what media of
-- another device names.
create function leave_media() returns trigger language plpgsql security definer set search_path from current as $$
begin
  -- Locked first and in one order: of two who delete the last two names at once, the later sees what the first did.
  perform from media_blob b join (select distinct g.workspace_id, g.sha256 from gone g) g
    on b.workspace_id = g.workspace_id and b.sha256 = g.sha256 order by b.workspace_id, b.sha256 for update of b;
  update media_blob b set unnamed_at = now() from gone g
  where b.workspace_id = g.workspace_id and b.sha256 = g.sha256
    and not exists (select from media m where m.workspace_id = b.workspace_id and m.sha256 = b.sha256);
  return null;
end $$;
create trigger media_leaves_blob after delete on media
  referencing old table as gone for each statement execute function leave_media();

create function leave_message_media() returns trigger language plpgsql security definer set search_path from current as $$
begin
  perform from media m join (select distinct g.workspace_id, g.media_id from gone g) g
    on m.workspace_id = g.workspace_id and m.id = g.media_id
    where not m.standalone order by m.id for update of m;
  delete from media m using gone g
  where m.workspace_id = g.workspace_id and m.id = g.media_id and not m.standalone
    and not exists (select from message_media n where n.workspace_id = m.workspace_id and n.media_id = m.id);
  return null;
end $$;
create trigger message_leaves_media after delete on message_media
  referencing old table as gone for each statement execute function leave_message_media();

select wall_off('media_blob', 'select, insert, update');
select wall_off('media', 'select, insert, update, delete');
select wall_off('message_media', 'select, insert');
`,
};
