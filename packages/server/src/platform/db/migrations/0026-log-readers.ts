import type { Migration } from './migration.ts';

// What delivers events for all workspaces reads the log of all of them in its order, which needs an index of its own.
// Retention notes the last event it has deleted, so that a reader who stood before it is told and does not miss it unseen.
export const logReaders: Migration = {
  id: 26,
  name: 'log-readers',
  up: `
create index event_order on event (tx, sequence);

alter table workspace
  add column log_from_tx xid8,
  add column log_from_sequence bigint;
grant select (log_from_tx, log_from_sequence) on workspace to waping_tenant;
`,
};
