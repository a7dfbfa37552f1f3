import type { Migration } from './migration.ts';

// A search that does not fill its page in one segment went on with sixteen at a time, however frequent its words are: on a
// page that began at the edge of a segment it read sixteen times what it needed.
export const searchRounds: Migration = {
  id: 29,
  name: 'search-rounds',
  up: `
-- Ids of a workspace's rows that match, newest or oldest first, between two ids (both exclusive). In the template every
-- lexeme begins with @, which becomes a segment. When time runs out the last row has edge set: go on beyond its id.
-- It runs as the owner because row-level security keeps a tenant off an index on tsvector (its operator is not
-- leakproof); it answers ids of its own workspace, and callers read the rows behind them through the wall.
create or replace function search_hits(of_workspace text, of_kind text, template text, above text, below text, newest boolean,
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
  matches bigint;
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
    -- Written so that no index but the one on words serves: one on ids would have to read every row between them. The
    -- last row, without an id, counts what matched whichever ids were asked for.
    for hit in
      with matched as materialized (
        select e.subject_id as id, e.tx from search_entry e
        where e.words @@ query and e.workspace_id || '' = of_workspace and e.kind = of_kind)
      select f.id, f.tx, f.total from (
        select m.id, m.tx, 0::bigint as total from matched m where m.id > above and m.id < below
        union all select null, null, count(*) from matched) f
      order by f.id is null, case when newest then f.id end desc, case when not newest then f.id end
    loop
      if hit.id is null then
        matches := hit.total;
        exit;
      end if;
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
    -- As many segments as will fill the page, going by these: where words are frequent each costs as much as the page.
    width := least(16 * width, 64,
      case when matches = 0 then 64 else greatest(1, ceil(1.5 * left_over * width / matches)) end)::integer;
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
`,
};
