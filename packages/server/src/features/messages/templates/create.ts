import { defineOperation } from '../../../operations/define.ts';
import { newId } from '../../../platform/ids.ts';
import { checkedDefinition } from './definition.ts';
import { claimMedia, TEMPLATE_ERRORS } from './media.ts';
import { nameTaken, recordTemplateEvent } from './require.ts';
import { createBody, templateSchema, toTemplate } from './schemas.ts';
import { insertTemplate } from './store.ts';

export const createTemplate = defineOperation({
  id: 'templates.create',
  tag: 'Templates',
  summary: 'Create a template',
  description:
    'Content of one kind of message with variables written as `{{name}}` in its texts (`\\{{` is two plain braces). A picture, a video or a document stands in the template (`mediaId`, `url`) or is given by each send. A name may have one template in each language. Templates are yours alone: WhatsApp knows nothing of them and need not approve them.',
  http: { method: 'POST', path: '/v1/templates', status: 201 },
  scope: 'templates:write',
  roles: ['owner', 'admin', 'agent'],
  body: createBody,
  output: templateSchema,
  errors: [...TEMPLATE_ERRORS],
  idempotent: true,
  mutates: true,
  location: (template) => `/v1/templates/${template.id}`,
  async run(ctx, { name, language, type, variables, ...contents }) {
    const kept = checkedDefinition({ type, contents, variables: variables ?? [] });
    const mediaId = await claimMedia(ctx, type, kept.content);
    const id = newId('tpl');
    const row = await insertTemplate(ctx.tx, {
      id,
      workspaceId: ctx.workspace.id,
      name,
      language,
      type,
      ...kept,
      mediaId,
      now: ctx.now,
    });
    if (!row) throw nameTaken();
    const template = toTemplate(row);
    await recordTemplateEvent(ctx, 'template.created', template);
    ctx.audit({ after: { name, language, type } });
    return template;
  },
});
