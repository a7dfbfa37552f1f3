import type { Migration } from './migration.ts';

// The picture last seen of an account, a person or a group, by each device: what WhatsApp tells twice is told on once.
// And the file a template names: it stays while the template does.
export const pictures: Migration = {
  id: 20,
  name: 'pictures',
  up: `
create table picture (
  workspace_id text not null,
  device_id text not null,
  -- The device itself, a contact or a group.
  subject_id text not null,
  contact_id text,
  group_id text,
  -- WhatsApp's name of the picture; null: there is none.
  wa_id text,
  seen_at timestamptz not null,
  primary key (device_id, subject_id),
  check (subject_id = coalesce(contact_id, group_id, device_id)),
  foreign key (workspace_id, device_id) references device (workspace_id, id) on delete cascade,
  foreign key (workspace_id, contact_id) references contact (workspace_id, id) on delete cascade,
  foreign key (workspace_id, group_id) references wa_group (workspace_id, id) on delete cascade
);
create index picture_contact on picture (workspace_id, contact_id) where contact_id is not null;
create index picture_group on picture (workspace_id, group_id) where group_id is not null;
select wall_off('picture', 'select, insert, update');

alter table template add column media_id text;
create index template_media on template (workspace_id, media_id) where media_id is not null;
`,
};
