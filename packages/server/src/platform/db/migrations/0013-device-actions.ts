import type { Migration } from './migration.ts';

// What a linked device does beside sending. `read_up_to` names the last message marked read; `pending_read` holds the
// receipts WhatsApp is still to be told, one row for each chat, however often it is read while the device is away.
export const deviceActions: Migration = {
  id: 13,
  name: 'device-actions',
  up: `
alter table conversation add column read_up_to text;

create table pending_read (
  conversation_id text primary key,
  workspace_id text not null,
  device_id text not null,
  after_id text,
  up_to text not null,
  created_at timestamptz not null default now(),
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id) on delete cascade
);
create index pending_read_device on pending_read (device_id);

-- Answers of WhatsApp about numbers, of the workspace and no device: what one device learnt holds for all.
create table number_check (
  workspace_id text not null references workspace (id) on delete cascade,
  network text not null,
  phone text not null,
  on_whatsapp boolean not null,
  canonical text,
  lid text,
  checked_at timestamptz not null,
  primary key (workspace_id, phone, network)
);
create index number_check_age on number_check (workspace_id, checked_at);

create table wa_group (
  id text primary key,
  workspace_id text not null,
  device_id text not null,
  wa_id text not null,
  subject text not null,
  description text not null,
  announce boolean not null,
  locked boolean not null,
  member_add text not null check (member_add in ('admins', 'all')),
  join_approval boolean not null,
  ephemeral_seconds integer not null,
  founded_at timestamptz,
  left_at timestamptz,
  created_at timestamptz not null default now(),
  unique (workspace_id, id),
  unique (device_id, wa_id),
  foreign key (workspace_id, device_id) references device (workspace_id, id) on delete cascade
);

create table group_member (
  workspace_id text not null,
  device_id text not null,
  group_id text not null,
  phone text,
  lid text,
  role text not null check (role in ('owner', 'admin', 'member')),
  check (phone is not null or lid is not null),
  foreign key (workspace_id, group_id) references wa_group (workspace_id, id) on delete cascade
);
create index group_member_group on group_member (group_id);
create index group_member_phone on group_member (workspace_id, phone);
create index group_member_lid on group_member (workspace_id, lid);

select wall_off('pending_read', 'select, insert, update, delete');
select wall_off('number_check', 'select, insert, update, delete');
select wall_off('wa_group', 'select, insert, update');
select wall_off('group_member', 'select, insert, update, delete');
`,
};
