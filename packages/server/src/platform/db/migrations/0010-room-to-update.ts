import type { Migration } from './migration.ts';

// A message is updated four times within seconds, an outbox row once or twice. An update that finds room in its own page
// touches no index; at the old fill every fourth had to write to all five.
export const roomToUpdate: Migration = {
  id: 10,
  name: 'room-to-update',
  up: `
alter table message set (fillfactor = 60);
alter table outbox set (fillfactor = 50);
`,
};
