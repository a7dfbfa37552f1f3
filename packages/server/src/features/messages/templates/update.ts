import { z } from 'zod';
import { defineOperation } from '../../../operations/define.ts';
import { pathId } from '../../../operations/fields.ts';
import { isUniqueViolation } from '../../../platform/db/db-error.ts';
import { TEMPLATE_TYPES, type TemplateType } from './content.ts';
import { checkedDefinition } from './definition.ts';
import { claimMedia, TEMPLATE_ERRORS } from './media.ts';
import { placeholdersOf, textsIn } from './placeholders.ts';
import { nameTaken, noSuchTemplate, recordTemplateEvent } from './require.ts';
import { type TemplateResource, templateSchema, toTemplate, updateBody } from './schemas.ts';
import { lockTemplate, writeTemplate } from './store.ts';
import type { Variable } from './variables.ts';

type Change = z.output<typeof updateBody>;

/** A kept variable as it would be declared. */
function declared({ default: standard, maxLength, description, ...rest }: Variable) {
  return {
    ...rest,
    ...(standard === null ? {} : { default: standard }),
    ...(maxLength === null ? {} : { maxLength }),
    ...(description === null ? {} : { description }),
  };
}

/** The template with the change in it. Variables left out of the change stay as far as the content still has them. */
function changed(before: TemplateResource, change: Change) {
  const type: TemplateType = change.type ?? before.type;
  const given = Object.fromEntries(TEMPLATE_TYPES.map((one) => [one, change[one]]));
  const isNew = TEMPLATE_TYPES.some((one) => change[one] !== undefined) || type !== before.type;
  const contents = isNew ? given : { [type]: before[type] };
  const used = new Set([...textsIn(contents[type], '')].flatMap(({ text }) => placeholdersOf(text).names));
  const variables = change.variables ?? before.variables.filter(({ name }) => used.has(name)).map(declared);
  return { type, ...checkedDefinition({ type, contents, variables }) };
}

export const updateTemplate = defineOperation({
  id: 'templates.update',
  tag: 'Templates',
  summary: 'Change a template',
  description:
    'What is left out stays; content is replaced as a whole. Messages accepted before stay as they are: a template is filled in when a send is accepted.',
  http: { method: 'PATCH', path: '/v1/templates/{templateId}', status: 200 },
  scope: 'templates:write',
  roles: ['owner', 'admin', 'agent'],
  params: z.strictObject({ templateId: pathId('tpl', 'The template.') }),
  body: updateBody,
  output: templateSchema,
  errors: TEMPLATE_ERRORS,
  mutates: true,
  async run(ctx, { templateId, ...change }) {
    const workspaceId = ctx.workspace.id;
    const found = await lockTemplate(ctx.tx, workspaceId, templateId);
    if (!found) throw noSuchTemplate();
    const before = toTemplate(found);
    const name = change.name ?? before.name;
    const language = change.language ?? before.language;
    const kept = changed(before, change);
    const mediaId = await claimMedia(ctx, kept.type, kept.content);
    const next = { id: templateId, workspaceId, name, language, ...kept, mediaId, now: ctx.now };
    const row = await writeTemplate(ctx.tx, next).catch((error: unknown) => {
      throw isUniqueViolation(error, 'template_name') ? nameTaken() : error;
    });
    if (!row) throw noSuchTemplate();
    const template = toTemplate(row);
    await recordTemplateEvent(ctx, 'template.updated', template);
    ctx.audit({
      before: { name: before.name, language: before.language, type: before.type },
      after: { name, language, type: next.type, changed: Object.keys(change) },
    });
    return template;
  },
});
