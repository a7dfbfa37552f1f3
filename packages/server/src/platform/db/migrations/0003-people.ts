import type { Migration } from './migration.ts';

// A person may belong to several workspaces, so what is theirs alone (password, second factor, sessions) carries no
// workspace_id; what joins them to a workspace (membership, invitation) does. Secrets are hashes, or sealed.
export const people: Migration = {
  id: 3,
  name: 'people',
  up: `
create table person (
  id text primary key,
  email text not null unique check (email = lower(email)),
  name text not null,
  password_hash text not null,
  password_at timestamptz not null default now(),
  totp_workspace_id text,
  totp_sealed bytea,
  totp_confirmed_at timestamptz,
  totp_last_step bigint not null default 0,
  created_at timestamptz not null default now()
);

create table membership (
  workspace_id text not null references workspace (id) on delete cascade,
  person_id text not null references person (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, person_id)
);
create index membership_person on membership (person_id, created_at);

create table invitation (
  id text primary key,
  workspace_id text not null references workspace (id) on delete cascade,
  email text not null check (email = lower(email)),
  role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
  token_hash bytea not null unique,
  invited_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  closed_at timestamptz
);
create index invitation_page on invitation (workspace_id, id);
create unique index invitation_open on invitation (workspace_id, email) where closed_at is null;

-- workspace_id names where the session works now. When that membership ends, so does the session.
create table person_session (
  id text primary key,
  person_id text not null references person (id) on delete cascade,
  workspace_id text not null,
  token_hash bytea not null unique,
  address text not null,
  user_agent text,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  foreign key (workspace_id, person_id) references membership (workspace_id, person_id) on delete cascade
);
create index person_session_person on person_session (person_id, id);
create index person_session_workspace on person_session (workspace_id, id);
create index person_session_age on person_session (expires_at);

create table person_recovery_code (
  person_id text not null references person (id) on delete cascade,
  code_hash bytea not null,
  primary key (person_id, code_hash)
);

create table password_reset (
  token_hash bytea primary key,
  person_id text not null references person (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index password_reset_person on password_reset (person_id);

-- A browser that has signed in before. It has a count of failures of its own, which strangers cannot raise.
create table known_browser (
  token_hash bytea not null,
  person_id text not null references person (id) on delete cascade,
  seen_at timestamptz not null default now(),
  primary key (token_hash, person_id)
);
create index known_browser_person on known_browser (person_id, seen_at);

create table sign_in_failure (
  key text primary key,
  failures integer not null,
  at timestamptz not null default now()
);
create index sign_in_failure_age on sign_in_failure (at);

select wall_off('membership', 'select, insert, update, delete');
select wall_off('invitation', 'select, insert, update');
-- A workspace knows the people who belong to it, not their secrets; and their sessions, for a person sees all their own.
alter table person enable row level security;
create policy tenant on person to waping_tenant using (exists (select from membership m where m.person_id = person.id));
grant select (id, email, name, totp_confirmed_at, created_at) on person to waping_tenant;
alter table person_session enable row level security;
create policy tenant on person_session to waping_tenant
  using (exists (select from membership m where m.person_id = person_session.person_id));
grant select, delete on person_session to waping_tenant;
alter table person_recovery_code enable row level security;
alter table password_reset enable row level security;
alter table known_browser enable row level security;
alter table sign_in_failure enable row level security;
`,
};
