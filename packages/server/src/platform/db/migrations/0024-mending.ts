import type { Migration } from './migration.ts';

// What a merge of contacts asks of the tables it moves rows in, and what it owes those rows.
export const mending: Migration = {
  id: 24,
  name: 'mending',
  up: `
-- A merge asks for all a contact sent, and for its chats on every device; so does the foreign key of its chats when the
-- contact that is gone is deleted, by its own two columns.
create index message_sender on message (workspace_id, sender_id) where sender_id is not null;
create index conversation_of_contact on conversation (workspace_id, contact_id) where contact_id is not null;
create index call_contact on call (workspace_id, contact_id) where contact_id is not null;

-- When a message last came late: a gap is given up only where none comes any more.
alter table device_gap add column recovered_at timestamptz;

-- The chat and the sender are words of the index as well.
drop trigger message_searched_anew on message;
create trigger message_searched_anew before update of content, conversation_id, sender_id on message for each row
  when ((old.content, old.conversation_id, old.sender_id) is distinct from (new.content, new.conversation_id, new.sender_id))
  execute function search_anew();

-- What members of groups did is kept under the number. What was told under a LID alone moves there once it is known whose
-- it is. It runs as the owner: a key that is limited to devices would leave the receipts of others behind.
create function fold_receipts(workspaces text[], phones text[], lids text[]) returns void
language sql security definer set search_path from current as $$
  with gone as (
    delete from message_receipt r using unnest(workspaces, phones, lids) as k (workspace_id, phone, lid)
    where r.workspace_id = k.workspace_id and r.participant = k.lid || '@lid' returning r.*, k.phone)
  insert into message_receipt as o (workspace_id, device_id, message_id, participant, delivered_at, read_at, played_at)
    select g.workspace_id, g.device_id, g.message_id, g.phone, min(g.delivered_at), min(g.read_at), min(g.played_at)
    from gone g group by 1, 2, 3, 4
    on conflict (message_id, participant) do update set delivered_at = least(o.delivered_at, excluded.delivered_at),
      read_at = least(o.read_at, excluded.read_at), played_at = least(o.played_at, excluded.played_at);
$$;
revoke execute on function fold_receipts(text[], text[], text[]) from public;

create function fold_known() returns trigger language plpgsql security definer set search_path from current as $$
begin
  perform fold_receipts(array_agg(k.workspace_id), array_agg(k.phone), array_agg(k.lid)) from known k
    where k.phone is not null and k.lid is not null having count(*) > 0;
  return null;
end $$;
create trigger contact_is_known after insert on contact
  referencing new table as known for each statement execute function fold_known();
create trigger member_is_known after insert on group_member
  referencing new table as known for each statement execute function fold_known();

create function fold_learnt() returns trigger language plpgsql security definer set search_path from current as $$
begin
  perform fold_receipts(array[new.workspace_id], array[new.phone], array[new.lid]);
  return null;
end $$;
create trigger contact_is_learnt after update of phone, lid on contact for each row
  when (new.phone is not null and new.lid is not null and (old.phone, old.lid) is distinct from (new.phone, new.lid))
  execute function fold_learnt();

select fold_receipts(array_agg(k.workspace_id), array_agg(k.phone), array_agg(k.lid)) from (
  select p.workspace_id, p.phone, p.lid from (
    select workspace_id, phone, lid from contact union select workspace_id, phone, lid from group_member) p
  where p.phone is not null and exists (
    select from message_receipt r where r.workspace_id = p.workspace_id and r.participant = p.lid || '@lid')) k
having count(*) > 0;

-- As before, but what is unread of either chat stays unread (\`read_up_to\` does not pass it), and an opt-out through the
-- API stays one: no word of the contact lifts it.
create or replace function merge_contacts(of_workspace text, kept text, gone text) returns table (from_chat text, to_chat text)
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
    select g.id as gone_id, k.id as kept_id, g.device_id, g.unread, g.last_message_at, g.inbound_at, g.read_up_to, g.history_at
    from conversation g join conversation k on k.workspace_id = of_workspace and k.device_id = g.device_id and k.contact_id = kept
    where g.workspace_id = of_workspace and g.contact_id = gone
    order by g.id
  loop
    perform from conversation v where v.workspace_id = of_workspace and v.id in (chat.gone_id, chat.kept_id) order by v.id for update;
    update message set conversation_id = chat.kept_id where workspace_id = of_workspace and conversation_id = chat.gone_id;
    update message_change set conversation_id = chat.kept_id where workspace_id = of_workspace and conversation_id = chat.gone_id;
    update outbox set conversation_id = chat.kept_id
      where workspace_id = of_workspace and device_id = chat.device_id and conversation_id = chat.gone_id;
    update call set conversation_id = chat.kept_id where workspace_id = of_workspace and conversation_id = chat.gone_id;
    -- What waits to be told read of both is told of as one, from the earlier on.
    insert into pending_read as p (conversation_id, workspace_id, device_id, after_id, up_to)
      select chat.kept_id, r.workspace_id, r.device_id, r.after_id, r.up_to from pending_read r
      where r.workspace_id = of_workspace and r.conversation_id = chat.gone_id
      on conflict (conversation_id) do update set up_to = greatest(p.up_to, excluded.up_to),
        after_id = case when p.after_id is null or excluded.after_id is null then null else least(p.after_id, excluded.after_id) end;
    update conversation v set unread = v.unread + chat.unread,
      last_message_at = greatest(v.last_message_at, chat.last_message_at),
      inbound_at = greatest(v.inbound_at, chat.inbound_at), read_up_to = case
        when v.unread > 0 and chat.unread > 0 and (v.read_up_to is null or chat.read_up_to is null) then null
        when v.unread > 0 and chat.unread > 0 then least(v.read_up_to, chat.read_up_to)
        when v.unread > 0 then v.read_up_to
        when chat.unread > 0 then chat.read_up_to
        else greatest(v.read_up_to, chat.read_up_to) end,
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
    opted_out_reason = case when lost.opted_out_reason = 'api' then 'api'
      else coalesce(c.opted_out_reason, lost.opted_out_reason) end,
    opted_out_keyword = case when lost.opted_out_reason = 'api' or c.opted_out_reason = 'api' then null
      else coalesce(c.opted_out_keyword, lost.opted_out_keyword) end,
    updated_at = now()
    where c.workspace_id = of_workspace and c.id = kept;
end $$;
`,
};
