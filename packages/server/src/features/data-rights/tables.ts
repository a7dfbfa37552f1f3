/** What a data right does to a table. The one list: `test/contract/data-rights.test.ts` fails when one is missing. */
export interface TableRights {
  table: string;
  /**
   * What erasing a contact does to its rows: `delete` those of the contact, `blank` what they say of it and keep that
   * they were, `none` where a contact leaves no trace.
   */
  contact: 'delete' | 'blank' | 'none';
  /** Which of the workspace's retention settings ends its rows, if any. */
  retention: 'messages' | 'events' | 'audit' | null;
}

/**
 * Every table that carries workspace_id, in the order in which erasing a workspace empties them: what points before what
 * it points to. Tables without the column hold what is a person's alone (they go with their last workspace), or nobody's.
 */
export const WORKSPACE_TABLES: readonly TableRights[] = [
  // Leaves with what it points to, by trigger.
  { table: 'search_entry', contact: 'delete', retention: 'messages' },
  { table: 'search_segment', contact: 'none', retention: null },
  { table: 'outbox', contact: 'delete', retention: null },
  // A contact's reactions and votes on others' messages.
  { table: 'message_change', contact: 'delete', retention: 'messages' },
  // Ids of messages, nothing that is anybody's; it goes with its chat.
  { table: 'pending_read', contact: 'delete', retention: null },
  // What was still to be downloaded goes with its message.
  { table: 'media_fetch', contact: 'delete', retention: 'messages' },
  // Keys of files on WhatsApp's media hosts, for a month; nothing that says whose.
  { table: 'media_upload', contact: 'none', retention: null },
  { table: 'message_media', contact: 'delete', retention: 'messages' },
  // What only a contact's messages show goes with them; what nothing shows when it is as old as messages may be.
  { table: 'media', contact: 'delete', retention: 'messages' },
  // The files go first: their rows say that there is something to remove.
  { table: 'media_blob', contact: 'delete', retention: 'messages' },
  // Leaves with its message, or with its contact.
  { table: 'message_receipt', contact: 'delete', retention: 'messages' },
  // Ids of contacts, for a week after a status update: of one that is erased it leads nowhere.
  { table: 'status_audience', contact: 'none', retention: 'messages' },
  { table: 'message', contact: 'delete', retention: 'messages' },
  // A call in a group leaves with its caller.
  { table: 'call', contact: 'delete', retention: null },
  { table: 'conversation', contact: 'delete', retention: null },
  // Names of pictures, which lead nowhere without the person.
  { table: 'picture', contact: 'delete', retention: null },
  { table: 'contact', contact: 'delete', retention: null },
  // Who is in a group is WhatsApp's to say: whoever is still a member is listed again when the group next changes.
  { table: 'group_member', contact: 'delete', retention: null },
  { table: 'wa_group', contact: 'none', retention: null },
  { table: 'number_check', contact: 'delete', retention: null },
  // A key stays taken when its reply is blanked: a retry must not send again.
  { table: 'idempotency', contact: 'blank', retention: 'messages' },
  // Which events went where, for a month. What receivers answered may quote anything.
  { table: 'webhook_delivery', contact: 'blank', retention: null },
  { table: 'webhook', contact: 'none', retention: null },
  // Readers hold cursors into the log: a contact's events keep their place and lose their data.
  { table: 'event', contact: 'blank', retention: 'events' },
  // Append-only: who did what stays, what entries quote of the contact goes.
  { table: 'audit', contact: 'blank', retention: 'audit' },
  // Names of Signal keys hold numbers and LIDs in the clear.
  { table: 'signal_key', contact: 'delete', retention: null },
  { table: 'device_credentials', contact: 'none', retention: null },
  { table: 'device_link', contact: 'none', retention: null },
  { table: 'link_page', contact: 'none', retention: null },
  { table: 'device_lease', contact: 'none', retention: null },
  // Times and counts, nothing that is anybody's.
  { table: 'device_gap', contact: 'none', retention: null },
  { table: 'device_health', contact: 'none', retention: null },
  // Sealed, and gone once a part is read.
  { table: 'history_part', contact: 'none', retention: null },
  { table: 'device', contact: 'none', retention: null },
  // The team's own words; who a message made from one went to stands in the message.
  { table: 'template', contact: 'none', retention: null },
  { table: 'api_key', contact: 'none', retention: null },
  { table: 'invitation', contact: 'none', retention: null },
  { table: 'person_session', contact: 'none', retention: null },
  { table: 'membership', contact: 'none', retention: null },
  { table: 'usage_month', contact: 'none', retention: null },
  { table: 'usage_day', contact: 'none', retention: null },
  { table: 'quota_notice', contact: 'none', retention: null },
  // One that a node tells of beside the last step outlives the workspace by its minute.
  { table: 'rate_count', contact: 'none', retention: null },
  // The workspace's own toys, not people.
  { table: 'sandbox_phone', contact: 'none', retention: null },
  // Exports that hold the contact are withdrawn.
  { table: 'job_chunk', contact: 'delete', retention: null },
  { table: 'job', contact: 'none', retention: null },
];

/** What erased data leaves where its row stays. */
export const TOMBSTONE = '{"erased": true}';
