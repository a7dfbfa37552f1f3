import type { Migration } from './migration.ts';

// Where files of the past lie stands in `media_fetch` too, due at infinity: what looks for due files passes them by, and
// they grow no older, until somebody asks. Tenants do not see the table; to ask is all they can do to it.
export const filesOfThePast: Migration = {
  id: 25,
  name: 'files-of-the-past',
  up: `
drop index media_fetch_age;
create index media_fetch_age on media_fetch (created_at) where next_at < 'infinity';

-- Has the file of a message of the past fetched, unless so many of its device wait already. It runs as the owner: the
-- caller has found the message among those it may see. Locked first, so that of two who ask at once one begins it.
create function want_file(of_workspace text, of_message text, at_most integer) returns text
language plpgsql security definer set search_path from current as $$
declare
  wanted media_fetch%rowtype;
begin
  if coalesce(current_setting('waping.workspace', true), '') not in ('', of_workspace) then
    return 'none';
  end if;
  select * into wanted from media_fetch f where f.workspace_id = of_workspace and f.message_id = of_message for update;
  if wanted.message_id is null then
    return 'none';
  end if;
  if wanted.next_at < 'infinity' then
    return 'waits';
  end if;
  if (select count(*) from (select 1 from media_fetch f
      where f.workspace_id = of_workspace and f.device_id = wanted.device_id and f.next_at < 'infinity'
      limit at_most) w) >= at_most then
    return 'full';
  end if;
  update media_fetch f set next_at = now(), created_at = now()
    where f.workspace_id = of_workspace and f.message_id = of_message;
  return 'begun';
end $$;
revoke execute on function want_file(text, text, integer) from public;
grant execute on function want_file(text, text, integer) to waping_tenant;
`,
};
