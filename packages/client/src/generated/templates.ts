// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type CreateOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Templates {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List templates.
   *
   * Scope `templates:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/templates`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only those of this name, in every language. */
      name?: string | undefined;
      /** Only those in this language. */
      language?: string | undefined;
      /** Only those of this type. */
      type?: "text" | "image" | "video" | "document" | "location" | "contacts" | "poll" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.TemplateList> {
    return this.#http.call<types.TemplateList>({ method: 'GET', path: '/v1/templates', query }, options);
  }

  /** List templates: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only those of this name, in every language. */
      name?: string | undefined;
      /** Only those in this language. */
      language?: string | undefined;
      /** Only those of this type. */
      type?: "text" | "image" | "video" | "document" | "location" | "contacts" | "poll" | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.TemplateList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Create a template.
   *
   * Content of one kind of message with variables written as `{{name}}` in its texts (`\{{` is two plain braces). A picture, a video or a document stands in the template (`mediaId`, `url`) or is given by each send. A name may have one template in each language. Templates are yours alone: WhatsApp knows nothing of them and need not approve them.
   *
   * Scope `templates:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/templates`
   */
  create(body: types.CreateTemplate, options: CreateOptions = {}): Promise<types.Template> {
    return this.#http.call<types.Template>({ method: 'POST', path: '/v1/templates', body, idempotent: true }, options);
  }

  /**
   * Get a template.
   *
   * Scope `templates:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/templates/{templateId}`
   */
  get(templateId: string, options: CallOptions = {}): Promise<types.Template> {
    return this.#http.call<types.Template>({ method: 'GET', path: `/v1/templates/${segment(templateId)}` }, options);
  }

  /**
   * Change a template.
   *
   * What is left out stays; content is replaced as a whole. Messages accepted before stay as they are: a template is filled in when a send is accepted.
   *
   * Scope `templates:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `PATCH /v1/templates/{templateId}`
   */
  update(templateId: string, body: types.UpdateTemplate, options: CallOptions = {}): Promise<types.Template> {
    return this.#http.call<types.Template>({ method: 'PATCH', path: `/v1/templates/${segment(templateId)}`, body }, options);
  }

  /**
   * Delete a template.
   *
   * Messages made from it stay, and go on naming it. Sends accepted but not yet on the wire go out all the same: they hold their own content.
   *
   * Scope `templates:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `DELETE /v1/templates/{templateId}`
   */
  delete(templateId: string, options: CallOptions = {}): Promise<void> {
    return this.#http.call<void>({ method: 'DELETE', path: `/v1/templates/${segment(templateId)}` }, options);
  }

  /**
   * Preview a template.
   *
   * The content a send with these values would have, under the rules of a send. Nothing is sent, no file is fetched and nothing is kept.
   *
   * Scope `templates:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `POST /v1/templates/{templateId}/preview`
   */
  preview(templateId: string, body: types.PreviewTemplate, options: CallOptions = {}): Promise<types.TemplatePreview> {
    return this.#http.call<types.TemplatePreview>({ method: 'POST', path: `/v1/templates/${segment(templateId)}/preview`, body }, options);
  }
}
