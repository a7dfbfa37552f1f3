import { type PageWindow, pageSql } from '../../../operations/cursor.ts';
import { Conditions } from '../../../platform/db/conditions.ts';
import type { Queryable } from '../../../platform/db/port.ts';

export interface TemplateRow {
  id: string;
  workspace_id: string;
  name: string;
  language: string;
  type: string;
  content: unknown;
  variables: unknown;
  created_at: Date;
  updated_at: Date;
}

export interface TemplateContent {
  name: string;
  language: string;
  type: string;
  content: unknown;
  variables: unknown;
  /** Media its content names. */
  mediaId: string | null;
}

/** Null when the name is taken in this language. */
export async function insertTemplate(
  tx: Queryable,
  template: TemplateContent & { id: string; workspaceId: string; now: Date },
): Promise<TemplateRow | null> {
  const rows = await tx.query<TemplateRow>(
    `insert into template (id, workspace_id, name, language, type, content, variables, created_at, updated_at, media_id)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $8, $9)
     on conflict (workspace_id, name, language) do nothing returning *`,
    [
      template.id,
      template.workspaceId,
      template.name,
      template.language,
      template.type,
      JSON.stringify(template.content),
      JSON.stringify(template.variables),
      template.now,
      template.mediaId,
    ],
  );
  return rows[0] ?? null;
}

/** Fails on `template_name` when the name is taken in this language. */
export async function writeTemplate(
  tx: Queryable,
  template: TemplateContent & { id: string; workspaceId: string; now: Date },
): Promise<TemplateRow | null> {
  const rows = await tx.query<TemplateRow>(
    `update template set name = $3, language = $4, type = $5, content = $6::jsonb, variables = $7::jsonb, updated_at = $8,
       media_id = $9
     where workspace_id = $1 and id = $2 returning *`,
    [
      template.workspaceId,
      template.id,
      template.name,
      template.language,
      template.type,
      JSON.stringify(template.content),
      JSON.stringify(template.variables),
      template.now,
      template.mediaId,
    ],
  );
  return rows[0] ?? null;
}

export async function findTemplate(tx: Queryable, workspaceId: string, id: string): Promise<TemplateRow | null> {
  const rows = await tx.query<TemplateRow>('select * from template where workspace_id = $1 and id = $2', [
    workspaceId,
    id,
  ]);
  return rows[0] ?? null;
}

/** For a change: nobody else changes it until the transaction ends. */
export async function lockTemplate(tx: Queryable, workspaceId: string, id: string): Promise<TemplateRow | null> {
  const rows = await tx.query<TemplateRow>('select * from template where workspace_id = $1 and id = $2 for update', [
    workspaceId,
    id,
  ]);
  return rows[0] ?? null;
}

/** Those that sends name by id or by name, in all their languages. */
export async function findTemplates(
  tx: Queryable,
  workspaceId: string,
  named: { ids: readonly string[]; names: readonly string[] },
): Promise<TemplateRow[]> {
  return tx.query<TemplateRow>(
    `select * from template where workspace_id = $1 and (id = any ($2::text[]) or name = any ($3::text[]))
     order by name, language`,
    [workspaceId, named.ids, named.names],
  );
}

export async function listTemplateRows(
  tx: Queryable,
  filter: { workspaceId: string; name: string | null; language: string | null; type: string | null; page: PageWindow },
): Promise<TemplateRow[]> {
  const where = new Conditions()
    .and('workspace_id = ?', filter.workspaceId)
    .and('name = ?', filter.name)
    .and('language = ?', filter.language)
    .and('type = ?', filter.type);
  return tx.query<TemplateRow>(`select * from template ${pageSql(where, 'id', filter.page)}`, where.params);
}

export async function deleteTemplateRow(tx: Queryable, workspaceId: string, id: string): Promise<TemplateRow | null> {
  const rows = await tx.query<TemplateRow>('delete from template where workspace_id = $1 and id = $2 returning *', [
    workspaceId,
    id,
  ]);
  return rows[0] ?? null;
}
