import type { Migration } from './migration.ts';

// Whether a message may go out is asked of the contact again when it is claimed: what waited, or was accepted in the
// same moment as the opt-out, must not pass. So the message keeps whether it was marked transactional.
export const consent: Migration = {
  id: 9,
  name: 'consent',
  up: `
alter table contact add column opted_out_at timestamptz;
alter table message add column transactional boolean not null default false;
`,
};
