import type { Queryable } from '../../platform/db/port.ts';

/** Rows of one kind in an export. Its columns are named one by one: no secret gets in by being added to a table. */
export interface ExportSource {
  /** `record` of each line. */
  record: string;
  from: string;
  /** The column pages go by, unique in the workspace, and its type. */
  key: string;
  workspace: string;
  /** Field of the line → column. */
  fields: Readonly<Record<string, string>>;
  /** Which rows are a contact's, its id being $3. */
  ofContact?: string;
}

const CHAT_OF_CONTACT = `exists (select 1 from conversation v where v.workspace_id = m.workspace_id and v.id = m.conversation_id
  and v.contact_id = $3) or m.sender_id = $3`;

const same = (...columns: string[]): Record<string, string> =>
  Object.fromEntries(
    columns.map((column) => [column.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()), column]),
  );

/** Everything a workspace holds, in the order of its export. Messages are named as in the API. */
export const EXPORT_SOURCES: readonly ExportSource[] = [
  {
    record: 'workspace',
    from: 'workspace',
    key: 'id',
    workspace: 'id',
    fields: same(
      'id',
      'name',
      'plan',
      'retention_messages_days',
      'retention_events_days',
      'retention_audit_days',
      'created_at',
    ),
  },
  {
    record: 'member',
    from: 'membership m join person p on p.id = m.person_id',
    key: 'm.person_id',
    workspace: 'm.workspace_id',
    fields: { personId: 'm.person_id', role: 'm.role', email: 'p.email', name: 'p.name', createdAt: 'm.created_at' },
  },
  {
    record: 'invitation',
    from: 'invitation',
    key: 'id',
    workspace: 'workspace_id',
    fields: same('id', 'email', 'role', 'invited_by', 'created_at', 'expires_at', 'closed_at'),
  },
  {
    record: 'apiKey',
    from: 'api_key',
    key: 'id',
    workspace: 'workspace_id',
    fields: same('id', 'name', 'scopes', 'created_at', 'expires_at', 'revoked_at', 'last_used_at'),
  },
  {
    record: 'webhook',
    from: 'webhook',
    key: 'id',
    workspace: 'workspace_id',
    fields: {
      ...same('id', 'url', 'description', 'events', 'device_ids', 'ordered', 'header_names', 'state', 'state_reason'),
      ...same('last_success_at', 'last_failure_at', 'last_error', 'created_by', 'created_at', 'updated_at'),
    },
  },
  {
    record: 'webhookDelivery',
    from: 'webhook_delivery',
    key: 'id',
    workspace: 'workspace_id',
    fields: same(
      'id',
      'webhook_id',
      'event_id',
      'event_type',
      'state',
      'failures',
      'attempts',
      'created_at',
      'ended_at',
    ),
  },
  {
    record: 'device',
    from: 'device',
    key: 'id',
    workspace: 'workspace_id',
    fields: same(
      'id',
      'label',
      'network',
      'state',
      'state_reason',
      'phone',
      'lid',
      'account_name',
      'pacing',
      'linked_at',
      'created_at',
    ),
  },
  {
    record: 'sandboxPhone',
    from: 'sandbox_phone',
    key: 'phone',
    workspace: 'workspace_id',
    fields: same('phone', 'name', 'created_at'),
  },
  {
    record: 'template',
    from: 'template',
    key: 'id',
    workspace: 'workspace_id',
    fields: same('id', 'name', 'language', 'type', 'content', 'variables', 'created_at', 'updated_at'),
  },
  {
    record: 'usage',
    from: `(select workspace_id, day, device_id, network, direction, kind, sum(count) as count,
      day || '/' || device_id || '/' || direction || '/' || kind || '/' || network as key
      from usage_day group by workspace_id, day, device_id, network, direction, kind) u`,
    key: 'key',
    workspace: 'workspace_id',
    fields: same('day', 'device_id', 'network', 'direction', 'kind', 'count'),
  },
  {
    record: 'contact',
    from: 'contact',
    key: 'id',
    workspace: 'workspace_id',
    fields: same(
      'id',
      'phone',
      'lid',
      'name',
      'push_name',
      'opted_out_at',
      'opted_out_reason',
      'opted_out_keyword',
      'created_at',
      'updated_at',
    ),
    ofContact: 'id = $3',
  },
  {
    record: 'conversation',
    from: 'conversation',
    key: 'id',
    workspace: 'workspace_id',
    fields: same(
      'id',
      'device_id',
      'kind',
      'contact_id',
      'group_id',
      'unread',
      'last_message_at',
      'inbound_at',
      'created_at',
    ),
    ofContact: 'contact_id = $3',
  },
  {
    record: 'group',
    from: 'wa_group',
    key: 'id',
    workspace: 'workspace_id',
    fields: {
      ...same('id', 'device_id', 'subject', 'description', 'announce', 'locked', 'member_add', 'join_approval'),
      ...same('ephemeral_seconds', 'founded_at', 'left_at', 'created_at'),
      whatsappId: 'wa_id',
    },
  },
  {
    record: 'groupMember',
    from: `(select m.*, m.group_id || '/' || coalesce(m.phone, m.lid) as key from group_member m) m`,
    key: 'm.key',
    workspace: 'm.workspace_id',
    fields: { groupId: 'm.group_id', phone: 'm.phone', lid: 'm.lid', role: 'm.role' },
    ofContact: `exists (select 1 from contact c where c.workspace_id = m.workspace_id and c.id = $3
      and (c.phone = m.phone or c.lid = m.lid))`,
  },
  {
    record: 'numberCheck',
    from: `(select n.*, n.phone || '/' || n.network as key from number_check n) n`,
    key: 'n.key',
    workspace: 'n.workspace_id',
    fields: {
      phone: 'n.phone',
      network: 'n.network',
      exists: 'n.on_whatsapp',
      canonicalPhone: 'n.canonical',
      lid: 'n.lid',
      checkedAt: 'n.checked_at',
    },
    ofContact: `exists (select 1 from contact c where c.workspace_id = n.workspace_id and c.id = $3
      and (c.phone in (n.phone, n.canonical) or c.lid = n.lid))`,
  },
  {
    record: 'message',
    from: 'message m',
    key: 'm.id',
    workspace: 'm.workspace_id',
    fields: {
      ...same('id', 'device_id', 'conversation_id', 'sender_id', 'direction', 'origin', 'source', 'type', 'content'),
      ...same(
        'status',
        'status_at',
        'held_reason',
        'error',
        'client_ref',
        'metadata',
        'priority',
        'send_at',
        'valid_until',
        'sent_at',
        'created_at',
      ),
    },
    ofContact: CHAT_OF_CONTACT,
  },
  {
    // What it is; the bytes are fetched one by one, by its id.
    record: 'media',
    from: 'media f',
    key: 'f.id',
    workspace: 'f.workspace_id',
    fields: {
      ...same('id', 'device_id', 'size', 'mime_type', 'kind', 'file_name', 'width', 'height', 'source', 'created_at'),
      sha256: "encode(f.sha256, 'hex')",
      messageIds: `(select coalesce(json_agg(n.message_id order by n.message_id), '[]') from message_media n
        where n.workspace_id = f.workspace_id and n.media_id = f.id)`,
    },
    ofContact: `exists (select 1 from message_media n join message m on m.workspace_id = n.workspace_id
      and m.id = n.message_id where n.workspace_id = f.workspace_id and n.media_id = f.id and (${CHAT_OF_CONTACT}))`,
  },
  {
    record: 'messageChange',
    from: 'message_change r',
    key: "(r.device_id || '/' || r.wa_id)",
    workspace: 'r.workspace_id',
    fields: same('device_id', 'conversation_id', 'message_id', 'sender_id', 'kind', 'content', 'at', 'created_at'),
    ofContact: `r.sender_id = $3 or exists (select 1 from conversation v where v.workspace_id = r.workspace_id
      and v.id = r.conversation_id and v.contact_id = $3)`,
  },
  {
    record: 'messageReceipt',
    from: 'message_receipt r',
    key: "(r.message_id || '/' || r.participant)",
    workspace: 'r.workspace_id',
    fields: same('device_id', 'message_id', 'participant', 'delivered_at', 'read_at', 'played_at'),
    ofContact: `r.participant in (select unnest(array[c.phone, c.lid || '@lid']) from contact c
      where c.workspace_id = r.workspace_id and c.id = $3)`,
  },
  {
    record: 'call',
    from: 'call r',
    key: 'r.id',
    workspace: 'r.workspace_id',
    fields: {
      ...same('id', 'device_id', 'conversation_id', 'contact_id', 'video', 'state', 'end_reason'),
      ...same('offered_at', 'ended_at', 'created_at'),
    },
    ofContact: 'r.contact_id = $3',
  },
  {
    record: 'event',
    from: 'event e',
    key: 'e.id',
    workspace: 'e.workspace_id',
    fields: same('id', 'type', 'device_id', 'subject_id', 'sequence', 'api_version', 'data', 'created_at'),
    ofContact: `e.subject_id = $3 or exists (select 1 from message m where m.workspace_id = e.workspace_id and m.id = e.subject_id
      and (${CHAT_OF_CONTACT}))`,
  },
  {
    record: 'auditEntry',
    from: 'audit',
    key: 'id',
    workspace: 'workspace_id',
    fields: {
      ...same('id', 'actor_kind', 'actor_id', 'action', 'target_kind', 'target_id', 'outcome', 'before', 'after'),
      ...same('address', 'request_id', 'created_at'),
    },
  },
];

export interface ExportLine {
  key: string;
  /** One JSON object, as text: it goes out as it came, without a trip through a parser. */
  line: string;
}

const objectSql = ({ record, fields }: ExportSource): string =>
  `json_build_object('record', '${record}', ${Object.entries(fields)
    .map(([name, column]) => `'${name}', ${column}`)
    .join(', ')})::text`;

/** A page of one source, by its key. `contactId` null takes the whole workspace's rows. */
export async function exportPage(
  tx: Queryable,
  source: ExportSource,
  page: { workspaceId: string; after: string; contactId: string | null; limit: number },
): Promise<ExportLine[]> {
  const own = page.contactId === null ? '' : `and (${source.ofContact ?? 'false'})`;
  return tx.query<ExportLine>(
    `select ${source.key} as key, ${objectSql(source)} as line from ${source.from}
     where ${source.workspace} = $1 and ${source.key} > $2 ${own} order by ${source.key} limit ${Math.floor(page.limit)}`,
    page.contactId === null ? [page.workspaceId, page.after] : [page.workspaceId, page.after, page.contactId],
  );
}

/** How many rows a source has in a workspace. */
export async function countSource(tx: Queryable, source: ExportSource, workspaceId: string): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `select count(*)::int as count from ${source.from} where ${source.workspace} = $1`,
    [workspaceId],
  );
  return rows[0]?.count ?? 0;
}

/** How many messages the chats of a contact hold. */
export async function countOfContact(tx: Queryable, workspaceId: string, contactId: string): Promise<number> {
  const rows = await tx.query<{ count: number }>(
    `select count(*)::int as count from message m
     join conversation v on v.workspace_id = m.workspace_id and v.id = m.conversation_id
     where m.workspace_id = $1 and v.contact_id = $2`,
    [workspaceId, contactId],
  );
  return rows[0]?.count ?? 0;
}
