import { z } from 'zod';
import { closePage, openPage } from '../../../operations/cursor.ts';
import { defineOperation } from '../../../operations/define.ts';
import { listQuery, pageOf } from '../../../operations/fields.ts';
import { TEMPLATE_TYPES } from './content.ts';
import { languageField, nameField, templateSchema, toTemplate } from './schemas.ts';
import { listTemplateRows } from './store.ts';

export const listTemplates = defineOperation({
  id: 'templates.list',
  tag: 'Templates',
  summary: 'List templates',
  http: { method: 'GET', path: '/v1/templates', status: 200 },
  scope: 'templates:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  query: z.strictObject({
    ...listQuery,
    name: nameField
      .optional()
      .meta({ description: 'Only those of this name, in every language.', examples: ['order_confirmed'] }),
    language: languageField.optional().meta({ description: 'Only those in this language.', examples: ['en'] }),
    type: z
      .enum(TEMPLATE_TYPES)
      .optional()
      .meta({ description: 'Only those of this type.', examples: ['text'] }),
  }),
  output: pageOf('TemplateList', templateSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { name: input.name, language: input.language, type: input.type };
    const rows = await listTemplateRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      name: input.name ?? null,
      language: input.language ?? null,
      type: input.type ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toTemplate), { ...input, filters }, (template) => template.id);
  },
});
