import type { Migration } from './migration.ts';

// What comes in beside live messages: the account's history, calls, what each member of a group received or read, and
// the words with which people opt out.
export const receiving: Migration = {
  id: 18,
  name: 'receiving',
  up: `
alter table device
  add column history_state text not null default 'none' check (history_state in ('none', 'syncing', 'done', 'failed')),
  add column history_percent smallint not null default 0,
  add column history_messages integer not null default 0,
  add column reject_calls boolean not null default false;

-- A part of history that a phone announced. Where it lies and its key are sealed; they go when the part is read.
create table history_part (
  workspace_id text not null,
  device_id text not null,
  wa_id text not null,
  kind text not null,
  chunk integer not null,
  percent smallint,
  state text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
  sealed bytea check ((sealed is not null) = (state = 'waiting')),
  done integer not null default 0,
  messages integer not null default 0,
  reason text,
  position bigint generated always as identity,
  created_at timestamptz not null default now(),
  primary key (device_id, wa_id),
  foreign key (workspace_id, device_id) references device (workspace_id, id) on delete cascade
);
create index history_part_waiting on history_part (device_id, position) where state = 'waiting';

-- Moves a part on, or fails when it was moved by another: what stands beside it in the batch is then not written.
create function move_history(of_workspace text, of_device text, of_wa_id text, to_done integer, to_state text, why text)
returns void language plpgsql as $$
begin
  update history_part set done = to_done, state = to_state, reason = why,
    sealed = case when to_state = 'waiting' then sealed end
    where workspace_id = of_workspace and device_id = of_device and wa_id = of_wa_id and state = 'waiting';
  if not found then
    raise exception 'this part of history is read' using errcode = 'WA018';
  end if;
end $$;
revoke execute on function move_history(text, text, text, integer, text, text) from public;

-- Set when history said how many messages of a chat are unread: it is told once.
alter table conversation add column history_at timestamptz;

create table call (
  id text primary key,
  workspace_id text not null,
  device_id text not null,
  wa_id text not null,
  conversation_id text not null,
  contact_id text,
  caller text not null,
  video boolean not null,
  state text not null check (state in ('offered', 'ended')),
  end_reason text check ((end_reason is not null) = (state = 'ended')),
  offered_at timestamptz not null,
  ended_at timestamptz,
  created_at timestamptz not null default now(),
  unique (workspace_id, id),
  unique (device_id, wa_id),
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id) on delete cascade
);
create index call_page on call (workspace_id, device_id, id);
create index call_open on call (offered_at) where state = 'offered';
create index call_conversation on call (conversation_id);

-- What each member of a group did with a message of ours.
create table message_receipt (
  workspace_id text not null,
  device_id text not null,
  message_id text not null,
  -- The number, or the LID and @lid of who has shown nothing else.
  participant text not null,
  delivered_at timestamptz,
  read_at timestamptz,
  played_at timestamptz,
  primary key (message_id, participant),
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade
);
create index message_receipt_participant on message_receipt (workspace_id, participant);

alter table contact
  add column opted_out_reason text check (opted_out_reason in ('api', 'keyword')),
  add column opted_out_keyword text;
update contact set opted_out_reason = 'api' where opted_out_at is not null;

-- Null: the words that come with WAPing. Otherwise what was changed of them.
alter table workspace add column consent_words jsonb;
grant select (consent_words), update (consent_words) on workspace to waping_tenant;

-- Makes two contacts that are one person one: what hangs on "gone" moves to "kept", chats on one device become one, and an
-- opt-out of either holds. In one statement, so that nobody sees half of it. Answers the chats that became one: gone, kept.
-- It runs as the owner: a key that is limited to devices would leave the chats of others behind.
create function merge_contacts(of_workspace text, kept text, gone text) returns table (from_chat text, to_chat text)
language plpgsql security definer set search_path from current as $$
declare
  lost contact%rowtype;
  chat record;
begin
  if coalesce(current_setting('waping.workspace', true), '') not in ('', of_workspace) then
    return;
  end if;
  perform from contact c where c.workspace_id = of_workspace and c.id in (kept, gone) order by c.id for update;
  select * into lost from contact c where c.workspace_id = of_workspace and c.id = gone;
  if lost.id is null or not exists (select from contact c where c.workspace_id = of_workspace and c.id = kept) then
    return;
  end if;
  for chat in
    select g.id as gone_id, k.id as kept_id, g.unread, g.last_message_at, g.inbound_at, g.read_up_to, g.history_at
    from conversation g join conversation k on k.workspace_id = of_workspace and k.device_id = g.device_id and k.contact_id = kept
    where g.workspace_id = of_workspace and g.contact_id = gone
    order by g.id
  loop
    perform from conversation v where v.workspace_id = of_workspace and v.id in (chat.gone_id, chat.kept_id) order by v.id for update;
    update message set conversation_id = chat.kept_id where workspace_id = of_workspace and conversation_id = chat.gone_id;
    update message_change set conversation_id = chat.kept_id where workspace_id = of_workspace and conversation_id = chat.gone_id;
    update outbox set conversation_id = chat.kept_id where workspace_id = of_workspace and conversation_id = chat.gone_id;
    update call set conversation_id = chat.kept_id where workspace_id = of_workspace and conversation_id = chat.gone_id;
    -- What waits to be told read of both is told of as one, from the earlier on.
    insert into pending_read as p (conversation_id, workspace_id, device_id, after_id, up_to)
      select chat.kept_id, r.workspace_id, r.device_id, r.after_id, r.up_to from pending_read r
      where r.workspace_id = of_workspace and r.conversation_id = chat.gone_id
      on conflict (conversation_id) do update set up_to = greatest(p.up_to, excluded.up_to),
        after_id = case when p.after_id is null or excluded.after_id is null then null else least(p.after_id, excluded.after_id) end;
    update conversation v set unread = v.unread + chat.unread,
      last_message_at = greatest(v.last_message_at, chat.last_message_at),
      inbound_at = greatest(v.inbound_at, chat.inbound_at), read_up_to = greatest(v.read_up_to, chat.read_up_to),
      history_at = coalesce(v.history_at, chat.history_at)
      where v.workspace_id = of_workspace and v.id = chat.kept_id;
    delete from conversation v where v.workspace_id = of_workspace and v.id = chat.gone_id;
    from_chat := chat.gone_id;
    to_chat := chat.kept_id;
    return next;
  end loop;
  update conversation set contact_id = kept where workspace_id = of_workspace and contact_id = gone;
  update message set sender_id = kept where workspace_id = of_workspace and sender_id = gone;
  update message_change set sender_id = kept where workspace_id = of_workspace and sender_id = gone;
  update call set contact_id = kept where workspace_id = of_workspace and contact_id = gone;
  -- Who may see a status update sees it, and that it is taken back.
  update message m set content = jsonb_set(m.content, '{statusUpdate,audience}',
      ((m.content #> '{statusUpdate,audience}') - gone - kept) || to_jsonb(kept))
    from conversation v where v.workspace_id = of_workspace and v.kind = 'status'
      and m.workspace_id = of_workspace and m.conversation_id = v.id
      and jsonb_typeof(m.content #> '{statusUpdate,audience}') = 'array' and (m.content #> '{statusUpdate,audience}') ? gone;
  delete from contact c where c.workspace_id = of_workspace and c.id = gone;
  update contact c set phone = coalesce(c.phone, lost.phone), lid = coalesce(c.lid, lost.lid),
    name = coalesce(c.name, lost.name), push_name = coalesce(c.push_name, lost.push_name),
    opted_out_at = least(c.opted_out_at, lost.opted_out_at),
    opted_out_reason = case when c.opted_out_at is null then lost.opted_out_reason else c.opted_out_reason end,
    opted_out_keyword = case when c.opted_out_at is null then lost.opted_out_keyword else c.opted_out_keyword end,
    updated_at = now()
    where c.workspace_id = of_workspace and c.id = kept;
end $$;
revoke execute on function merge_contacts(text, text, text) from public;
grant execute on function merge_contacts(text, text, text) to waping_tenant;

select wall_off('history_part', 'select');
select wall_off('call', 'select, insert, update, delete');
select wall_off('message_receipt', 'select, insert, update, delete');
`,
};
