import type { Migration } from './migration.ts';

// The second wall between workspaces. Whatever is done in a workspace's name runs as the role waping_tenant, which owns
// nothing and sees, through the policies, the rows of the workspace in the setting waping.workspace alone. WAPing's own
// work (delivery, leases, keys of sessions) spans workspaces and runs as the owner; those tables a tenant cannot touch.
export const tenantWall: Migration = {
  id: 2,
  name: 'tenant-wall',
  up: `
do $$
begin
  if not exists (select from pg_roles where rolname = 'waping_tenant') then
    begin
      create role waping_tenant nologin;
    exception when duplicate_object or unique_violation then null; -- another database of this server came first
    end;
  end if;
  if not pg_has_role(current_user, 'waping_tenant', 'member') then
    execute format('grant waping_tenant to %I', current_user);
  end if;
  execute format('grant usage on schema %I to waping_tenant', current_schema());
end $$;

-- Puts a table behind the wall: a tenant gets these rights on its own rows. What has no policy at all it cannot touch.
create function wall_off(walled regclass, rights text, owner_column text default 'workspace_id') returns void
language plpgsql as $$
begin
  execute format('alter table %s enable row level security', walled);
  execute format('create policy tenant on %s to waping_tenant using (%I = current_setting(''waping.workspace'', true))
    with check (%I = current_setting(''waping.workspace'', true))', walled, owner_column, owner_column);
  execute format('grant %s on %s to waping_tenant', rights, walled);
end $$;

select wall_off('workspace', 'select (id, name, plan, created_at)', 'id');
select wall_off('api_key', 'select, insert, update');
select wall_off('device', 'select, insert, update');
select wall_off('device_link', 'select, insert, update, delete');
select wall_off('contact', 'select, insert, update, delete');
select wall_off('conversation', 'select, insert, update, delete');
select wall_off('message', 'select, insert, update, delete');
select wall_off('outbox', 'select, insert, update, delete');
select wall_off('event', 'select, insert');
select wall_off('idempotency', 'select, insert, update');
select wall_off('sandbox_phone', 'select, insert, update, delete');
alter table device_lease enable row level security;
alter table device_credentials enable row level security;
alter table signal_key enable row level security;
`,
};
