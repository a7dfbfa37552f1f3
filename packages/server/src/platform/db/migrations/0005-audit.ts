import type { Migration } from './migration.ts';

// Append-only by three means: a workspace's role has no right to change a row; a trigger refuses UPDATE and TRUNCATE to
// everyone, the owner of the table included; and DELETE to all but `forget_audit`, the one way of retention.
// No foreign key to the workspace: the log of a workspace does not vanish as a side effect.
export const audit: Migration = {
  id: 5,
  name: 'audit',
  up: `
create table audit (
  id text not null,
  workspace_id text not null,
  actor_kind text not null check (actor_kind in ('api_key', 'person', 'operator', 'cli', 'system', 'anonymous')),
  actor_id text,
  action text not null,
  target_kind text,
  target_id text,
  outcome text not null check (outcome in ('done', 'refused')),
  before jsonb,
  after jsonb,
  address text,
  request_id text,
  created_at timestamptz not null,
  primary key (workspace_id, id)
);
create index audit_actor on audit (workspace_id, actor_id, id);
create index audit_target on audit (workspace_id, target_id, id) where target_id is not null;
-- Sends are nearly all rows: whoever asks for them reads along the primary key.
create index audit_action on audit (workspace_id, action, id) where action <> 'messages.send';

create function keep_audit() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('waping.forgetting_audit', true) = 'yes' then
    return null;
  end if;
  raise exception 'the audit log is append-only' using errcode = 'WA002';
end $$;
create trigger audit_is_kept before update or delete or truncate on audit
  for each statement execute function keep_audit();

-- Deletes the oldest rows of a workspace whose ids sort before before_id, at_most so many. Returns how many.
create function forget_audit(of_workspace text, before_id text, at_most integer) returns integer
language plpgsql as $$
declare
  gone integer;
begin
  perform set_config('waping.forgetting_audit', 'yes', true);
  delete from audit where workspace_id = of_workspace and id in (
    select id from audit where workspace_id = of_workspace and id < before_id order by id limit at_most);
  get diagnostics gone = row_count;
  perform set_config('waping.forgetting_audit', 'no', true);
  return gone;
end $$;
revoke execute on function forget_audit(text, text, integer) from public;

select wall_off('audit', 'select, insert');

-- A workspace saw its members' sessions in other workspaces. It sees those that work in it; the person who calls, named
-- in waping.person, sees their own wherever they work, with the memberships that tell what they are there.
drop policy tenant on person_session;
create policy tenant on person_session to waping_tenant using (
  workspace_id = current_setting('waping.workspace', true) or person_id = current_setting('waping.person', true));
create policy own on membership for select to waping_tenant using (person_id = current_setting('waping.person', true));
`,
};
