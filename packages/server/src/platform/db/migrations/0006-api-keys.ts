import type { Migration } from './migration.ts';

// A key that is limited to devices acts as the role waping_limited: it has what a tenant has, but the restrictive
// policies below show it, and let it write, rows of its devices alone. It is a role of its own so that nobody else pays
// for those policies. `wall_off` puts them on every table to come that has a column device_id.
export const apiKeys: Migration = {
  id: 6,
  name: 'api-keys',
  up: `
alter table api_key
  add column device_ids text[] check (cardinality(device_ids) > 0),
  add column allowed_ips text[] check (cardinality(allowed_ips) > 0),
  add column previous_hash bytea,
  add column previous_expires_at timestamptz,
  add column rotated_at timestamptz,
  add column last_used_ip text,
  add column created_by text,
  add constraint api_key_rotation check ((previous_hash is null) = (previous_expires_at is null));
grant delete on api_key to waping_tenant;

-- Since PostgreSQL 16 who makes a role may give it away, but may not become it until it was given to them.
do $$
declare
  needed text := case when current_setting('server_version_num')::int < 160000 then 'member' else 'set' end;
begin
  if not exists (select from pg_roles where rolname = 'waping_limited') then
    begin
      create role waping_limited nologin;
    exception when duplicate_object or unique_violation then null; -- another database of this server came first
    end;
  end if;
  if not pg_has_role('waping_limited', 'waping_tenant', 'member') then
    grant waping_tenant to waping_limited;
  end if;
  if not pg_has_role(current_user, 'waping_tenant', needed) then
    execute format('grant waping_tenant to %I', current_user);
  end if;
  if not pg_has_role(current_user, 'waping_limited', needed) then
    execute format('grant waping_limited to %I', current_user);
  end if;
end $$;

-- Devices of network whatsapp, for the plan's limit: all of them, also where the caller sees only some. Of another
-- workspace than the one in whose name it runs it counts nothing.
create function count_devices(of_workspace text) returns integer language sql stable security definer
set search_path from current as $$
  select count(*)::int from device where workspace_id = of_workspace and network = 'whatsapp' and deleted_at is null
    and coalesce(current_setting('waping.workspace', true), '') in ('', of_workspace)
$$;

-- Holds waping_limited to rows of its devices. A row of no device it may write (a send makes contacts and events), not read.
create function limit_to_devices(walled regclass, device_column text) returns void language plpgsql as $$
begin
  execute format('create policy devices on %1$s as restrictive to waping_limited
    using (%2$I = any ((select string_to_array(current_setting(''waping.devices'', true), '',''))::text[]))
    with check (%2$I is null or %2$I = any ((select string_to_array(current_setting(''waping.devices'', true), '',''))::text[]))',
    walled, device_column);
end $$;

create or replace function wall_off(walled regclass, rights text, owner_column text default 'workspace_id') returns void
language plpgsql as $$
begin
  execute format('alter table %s enable row level security', walled);
  execute format('create policy tenant on %s to waping_tenant using (%I = current_setting(''waping.workspace'', true))
    with check (%I = current_setting(''waping.workspace'', true))', walled, owner_column, owner_column);
  execute format('grant %s on %s to waping_tenant', rights, walled);
  if exists (select from pg_attribute where attrelid = walled and attname = 'device_id' and not attisdropped) then
    perform limit_to_devices(walled, 'device_id');
  end if;
end $$;

select limit_to_devices('device', 'id');
select limit_to_devices(c.oid::regclass, 'device_id')
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'device_id' and not a.attisdropped
where c.relnamespace = current_schema()::regnamespace
  and exists (select from pg_policy p where p.polrelid = c.oid and 'waping_tenant'::regrole = any (p.polroles));
`,
};
