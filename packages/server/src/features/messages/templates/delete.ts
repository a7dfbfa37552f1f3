import { z } from 'zod';
import { defineOperation } from '../../../operations/define.ts';
import { pathId } from '../../../operations/fields.ts';
import { noSuchTemplate, recordTemplateEvent } from './require.ts';
import { toTemplate } from './schemas.ts';
import { deleteTemplateRow } from './store.ts';

export const deleteTemplate = defineOperation({
  id: 'templates.delete',
  tag: 'Templates',
  summary: 'Delete a template',
  description:
    'Messages made from it stay, and go on naming it. Sends accepted but not yet on the wire go out all the same: they hold their own content.',
  http: { method: 'DELETE', path: '/v1/templates/{templateId}', status: 204 },
  scope: 'templates:write',
  roles: ['owner', 'admin', 'agent'],
  params: z.strictObject({ templateId: pathId('tpl', 'The template.') }),
  output: z.null(),
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const row = await deleteTemplateRow(ctx.tx, ctx.workspace.id, input.templateId);
    if (!row) throw noSuchTemplate();
    await recordTemplateEvent(ctx, 'template.deleted', toTemplate(row));
    ctx.audit({ before: { name: row.name, language: row.language, type: row.type } });
    return null;
  },
});
