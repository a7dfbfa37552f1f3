import type { Migration } from './migration.ts';

// The index of the search. It is filled beside the sends, by one node at a time (features/search/indexer.ts): rows of
// `message` and `contact` carry the transaction that wrote what is searched, and the indexer goes by it as readers of the
// event log do. What is deleted or rewritten leaves the index in the same transaction, by trigger.
//
// Every lexeme begins with its workspace, kind and segment: a search reads the postings of its own workspace alone,
// whatever others hold, and of as few segments (10,000 rows in the order of their ids) as fill its page.
export const search: Migration = {
  id: 14,
  name: 'search-and-link-page',
  up: `
create table search_entry (
  workspace_id text not null,
  subject_id text not null,
  kind text not null check (kind in ('message', 'contact')),
  tx xid8,
  words tsvector not null,
  primary key (workspace_id, subject_id)
);
-- A short list of what is not sorted in yet: every search reads it.
create index search_words on search_entry using gin (words) with (fastupdate = on, gin_pending_list_limit = 256);

-- A segment holds ids from first_id up to the next one's; the first begins with the empty text.
create table search_segment (
  workspace_id text not null references workspace (id) on delete cascade,
  kind text not null,
  no integer not null,
  first_id text not null,
  last_id text not null,
  entries integer not null,
  primary key (workspace_id, kind, no)
);

-- How far the indexer is. The backfill goes through rows older than this migration; null once it is through.
create table search_cursor (
  kind text primary key,
  version bigint not null default 0,
  tx xid8 not null default '0',
  id text not null default '',
  backfill_workspace text,
  backfill_id text
);
insert into search_cursor (kind, backfill_workspace, backfill_id)
  select 'message', case when exists (select from message) then '' end, case when exists (select from message) then '' end;
insert into search_cursor (kind, backfill_workspace, backfill_id)
  select 'contact', case when exists (select from contact) then '' end, case when exists (select from contact) then '' end;

-- Set after the column is there: rows from before keep null, and the table is not rewritten.
alter table message add column tx xid8;
alter table message alter column tx set default pg_current_xact_id();
create index message_tx on message (tx) where tx is not null;
alter table contact add column tx xid8;
alter table contact alter column tx set default pg_current_xact_id();
create index contact_tx on contact (tx) where tx is not null;

-- Takes the old words out at once, and has the indexer read the row again.
create function search_anew() returns trigger language plpgsql security definer set search_path from current as $$
begin
  delete from search_entry where workspace_id = new.workspace_id and subject_id = new.id;
  new.tx := pg_current_xact_id();
  return new;
end $$;
create trigger message_searched_anew before update of content on message for each row
  when (old.content is distinct from new.content) execute function search_anew();
create trigger contact_searched_anew before update of name, push_name, phone, lid on contact for each row
  when ((old.name, old.push_name, old.phone, old.lid) is distinct from (new.name, new.push_name, new.phone, new.lid))
  execute function search_anew();

create function leave_search() returns trigger language plpgsql security definer set search_path from current as $$
begin
  delete from search_entry e using gone g where e.workspace_id = g.workspace_id and e.subject_id = g.id;
  return null;
end $$;
create trigger message_leaves_search after delete on message
  referencing old table as gone for each statement execute function leave_search();
create trigger contact_leaves_search after delete on contact
  referencing old table as gone for each statement execute function leave_search();

-- Moves the cursor, or fails when another node has moved it: the entries beside it in the batch are then not written.
create function move_search_cursor(of_kind text, was bigint, to_tx xid8, to_id text, to_workspace text, to_backfill text)
returns void language plpgsql as $$
begin
  update search_cursor set version = was + 1, tx = to_tx, id = to_id, backfill_workspace = to_workspace,
    backfill_id = to_backfill where kind = of_kind and version = was;
  if not found then
    raise exception 'another node indexes' using errcode = 'WA014';
  end if;
end $$;

-- Ids of a workspace's rows that match, newest or oldest first, between two ids (both exclusive). In the template every
-- lexeme begins with @, which becomes a segment. When time runs out the last row has edge set: go on beyond its id.
-- It runs as the owner because row-level security keeps a tenant off an index on tsvector (its operator is not
-- leakproof); it answers ids of its own workspace, and callers read the rows behind them through the wall.
create function search_hits(of_workspace text, of_kind text, template text, above text, below text, newest boolean,
  at_most integer, since timestamptz, until timestamptz)
returns table (subject_id text, edge boolean) language plpgsql stable security definer
set search_path from current set enable_seqscan = off as $$
declare
  started timestamptz := clock_timestamp();
  segments integer[];
  query tsquery;
  hit record;
  place integer := 1;
  width integer := 1;
  left_over integer := at_most;
begin
  if coalesce(current_setting('waping.workspace', true), '') not in ('', of_workspace) then
    return;
  end if;
  segments := array(
    select s.no from (
      select g.no, g.first_id, lead(g.first_id) over (order by g.no) as next_id from search_segment g
      where g.workspace_id = of_workspace and g.kind = of_kind) s
    where s.first_id < below and (s.next_id is null or s.next_id > above)
    order by case when newest then -s.no else s.no end);
  while place <= cardinality(segments) loop
    select string_agg('(' || replace(template, '@', right(of_workspace, 8) || '.' || left(of_kind, 1) || n || '.') || ')', '|')::tsquery
      into query from unnest(segments[place : place + width - 1]) n;
    -- Written so that no index but the one on words serves: one on ids would have to read every row between them.
    for hit in
      with matched as materialized (
        select e.subject_id as id, e.tx from search_entry e
        where e.words @@ query and e.workspace_id || '' = of_workspace and e.kind = of_kind
          and e.subject_id || '' > above and e.subject_id || '' < below)
      select f.id, f.tx from matched f
      order by case when newest then f.id end desc, case when not newest then f.id end
    loop
      if of_kind = 'message' then
        perform from message m where m.workspace_id = of_workspace and m.id = hit.id and m.tx is not distinct from hit.tx
          and (since is null or m.created_at >= since) and (until is null or m.created_at < until);
      else
        perform from contact c where c.workspace_id = of_workspace and c.id = hit.id and c.tx is not distinct from hit.tx;
      end if;
      if found then
        subject_id := hit.id;
        edge := false;
        return next;
        left_over := left_over - 1;
        if left_over = 0 then
          return;
        end if;
      end if;
    end loop;
    place := place + width;
    width := 16;
    if place <= cardinality(segments) and clock_timestamp() > started + interval '1 second' then
      -- A segment begins with the last id before it, made longer by one letter.
      select case when newest then (select s.first_id from search_segment s where s.workspace_id = of_workspace
          and s.kind = of_kind and s.no = segments[place - 1])
        else (select left(s.first_id, -1) from search_segment s where s.workspace_id = of_workspace
          and s.kind = of_kind and s.no = segments[place]) end into subject_id;
      edge := true;
      return next;
      return;
    end if;
  end loop;
end $$;
revoke execute on function move_search_cursor(text, bigint, xid8, text, text, text) from public;
revoke execute on function search_hits(text, text, text, text, text, boolean, integer, timestamptz, timestamptz) from public;
grant execute on function search_hits(text, text, text, text, text, boolean, integer, timestamptz, timestamptz) to waping_tenant;

-- Pages on which a customer without an account links a phone. Of the secrets in the address and in the cookie of the
-- browser it belongs to, only hashes are kept.
create table link_page (
  id text not null,
  workspace_id text not null,
  device_id text not null,
  token_hash bytea not null unique,
  browser_hash bytea,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  opened_at timestamptz,
  begun_at timestamptz,
  used_at timestamptz,
  revoked_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, device_id) references device (workspace_id, id) on delete cascade
);
create index link_page_device on link_page (workspace_id, device_id, id);
select wall_off('link_page', 'select, insert, update, delete');

alter table search_entry enable row level security;
alter table search_segment enable row level security;
alter table search_cursor enable row level security;
`,
};
