import type { Migration } from './migration.ts';

// What a template says is filled in when a send is accepted, so no message points at one: it may go at any time.
export const templates: Migration = {
  id: 19,
  name: 'templates',
  up: `
create table template (
  id text primary key,
  workspace_id text not null references workspace (id) on delete cascade,
  name text not null,
  language text not null,
  type text not null,
  content jsonb not null,
  variables jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint template_name unique (workspace_id, name, language)
);
create index template_page on template (workspace_id, id);
select wall_off('template', 'select, insert, update, delete');

-- Who was online when is forgotten after a day, found by this.
create index event_presence on event (created_at) where type = 'presence.changed';
`,
};
