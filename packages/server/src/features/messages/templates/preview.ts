import { z } from 'zod';
import { defineOperation } from '../../../operations/define.ts';
import { pathId } from '../../../operations/fields.ts';
import { CONTENT_SHOWN, shownContent } from '../content-table.ts';
import { renderRow } from './rendered.ts';
import { noSuchTemplate } from './require.ts';
import { findTemplate } from './store.ts';
import { valuesInput } from './variables.ts';

const previewSchema = z
  .object({
    type: z.string().meta({ description: 'Kind of message it becomes.', examples: ['text'] }),
    text: CONTENT_SHOWN.text,
    location: CONTENT_SHOWN.location,
    contacts: CONTENT_SHOWN.contacts,
    poll: CONTENT_SHOWN.poll,
  })
  .meta({ id: 'TemplatePreview' });

export const previewTemplate = defineOperation({
  id: 'templates.preview',
  tag: 'Templates',
  summary: 'Preview a template',
  description:
    'The content a send with these values would have, under the rules of a send. Nothing is sent and nothing is kept.',
  http: { method: 'POST', path: '/v1/templates/{templateId}/preview', status: 200 },
  scope: 'templates:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  params: z.strictObject({ templateId: pathId('tpl', 'The template.') }),
  body: z
    .strictObject({ variables: valuesInput.default({}) })
    .meta({ id: 'PreviewTemplate', examples: [{ variables: { order: '12345' } }] }),
  output: previewSchema,
  errors: ['NOT_FOUND'],
  rateClass: 'read',
  mutates: false,
  async run(ctx, input) {
    const row = await findTemplate(ctx.tx, ctx.workspace.id, input.templateId);
    if (!row) throw noSuchTemplate();
    const { type, content } = renderRow(row, input.variables, 'variables');
    const { text, location, contacts, poll } = shownContent(content);
    return { type, text, location, contacts, poll };
  },
});
