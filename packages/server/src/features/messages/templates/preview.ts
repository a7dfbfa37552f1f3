import { z } from 'zod';
import { defineOperation } from '../../../operations/define.ts';
import { pathId } from '../../../operations/fields.ts';
import { CONTENT_SHOWN, shownContent } from '../content-table.ts';
import type { MediaInput } from '../media-content.ts';
import { shownTemplateContent, templateContentShown } from './content.ts';
import { hasFile } from './render.ts';
import { renderRow } from './rendered.ts';
import { noSuchTemplate } from './require.ts';
import { findTemplate, type TemplateRow } from './store.ts';
import { valuesInput } from './variables.ts';

const previewSchema = z
  .object({
    type: z.string().meta({ description: 'Kind of message it becomes.', examples: ['text'] }),
    text: CONTENT_SHOWN.text,
    image: templateContentShown.image,
    video: templateContentShown.video,
    document: templateContentShown.document,
    location: CONTENT_SHOWN.location,
    contacts: CONTENT_SHOWN.contacts,
    poll: CONTENT_SHOWN.poll,
  })
  .meta({ id: 'TemplatePreview' });

/** A file as it would be sent; without its place where a send is to give it. */
function shownFile(row: TemplateRow, media: MediaInput): MediaInput {
  const { url, mediaId, ...said } = media;
  return hasFile(Reflect.get(Object(row.content), row.type)) ? { ...said, mediaId, url } : said;
}

export const previewTemplate = defineOperation({
  id: 'templates.preview',
  tag: 'Templates',
  summary: 'Preview a template',
  description:
    'The content a send with these values would have, under the rules of a send. Nothing is sent, no file is fetched and nothing is kept.',
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
    const { type, content, media } = renderRow(row, { values: input.variables, at: 'variables', file: 'later' });
    const { text, location, contacts, poll } = shownContent(content);
    const { image, video, document } = shownTemplateContent(media ? { [type]: shownFile(row, media) } : {});
    return { type, text, image, video, document, location, contacts, poll };
  },
});
