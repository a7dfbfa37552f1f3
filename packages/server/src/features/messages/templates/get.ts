import { z } from 'zod';
import { defineOperation } from '../../../operations/define.ts';
import { pathId } from '../../../operations/fields.ts';
import { noSuchTemplate } from './require.ts';
import { templateSchema, toTemplate } from './schemas.ts';
import { findTemplate } from './store.ts';

export const getTemplate = defineOperation({
  id: 'templates.get',
  tag: 'Templates',
  summary: 'Get a template',
  http: { method: 'GET', path: '/v1/templates/{templateId}', status: 200 },
  scope: 'templates:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  params: z.strictObject({ templateId: pathId('tpl', 'The template.') }),
  output: templateSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const row = await findTemplate(ctx.tx, ctx.workspace.id, input.templateId);
    if (!row) throw noSuchTemplate();
    return toTemplate(row);
  },
});
