// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type CreateOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Contacts {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List contacts.
   *
   * All of them, or with `q` those whose names begin with each of its words and whose number holds its digits: `+49 151 2345` and `0151 2345` find the same. A contact is found about a second after it was made or renamed.
   *
   * Scope `contacts:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/contacts`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only the contact with this number. */
      phone?: string | undefined;
      /** Parts of names or of a number; not together with `phone`. */
      q?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<types.ContactList> {
    return this.#http.call<types.ContactList>({ method: 'GET', path: '/v1/contacts', query }, options);
  }

  /** List contacts: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only the contact with this number. */
      phone?: string | undefined;
      /** Parts of names or of a number; not together with `phone`. */
      q?: string | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.ContactList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Get a contact.
   *
   * Scope `contacts:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/contacts/{contactId}`
   */
  get(contactId: string, options: CallOptions = {}): Promise<types.Contact> {
    return this.#http.call<types.Contact>({ method: 'GET', path: `/v1/contacts/${segment(contactId)}` }, options);
  }

  /**
   * Opt a contact out.
   *
   * From now on sends to the contact are refused with RECIPIENT_OPTED_OUT unless they are marked `transactional`, and what still waits fails with that code when its turn comes. Repeating it changes nothing.
   *
   * Scope `contacts:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/contacts/{contactId}/opt-out`
   */
  optOut(contactId: string, options: CallOptions = {}): Promise<types.Contact> {
    return this.#http.call<types.Contact>({ method: 'POST', path: `/v1/contacts/${segment(contactId)}/opt-out` }, options);
  }

  /**
   * Opt a contact in again.
   *
   * Lifts an opt-out, on the person’s own word. Repeating it changes nothing.
   *
   * Scope `contacts:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/contacts/{contactId}/opt-in`
   */
  optIn(contactId: string, options: CallOptions = {}): Promise<types.Contact> {
    return this.#http.call<types.Contact>({ method: 'POST', path: `/v1/contacts/${segment(contactId)}/opt-in` }, options);
  }

  /**
   * Export everything about a contact.
   *
   * A job that gathers the contact, its conversations, messages in and out, and their events. Fetch the outcome at `resultUrl` within seven days. Asked again while it runs, it answers the same job.
   *
   * Scope `contacts:export`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/contacts/{contactId}/export`
   */
  export(contactId: string, options: CreateOptions = {}): Promise<types.Job> {
    return this.#http.call<types.Job>({ method: 'POST', path: `/v1/contacts/${segment(contactId)}/export`, idempotent: true }, options);
  }

  /**
   * Erase a contact.
   *
   * A job that ends what waits to be sent to the contact and deletes it with its conversations, its messages in and out, and its Signal keys; events about it keep their place in the log and lose their data; exports that hold it are withdrawn. `contact.erased` tells your systems to do the same. It cannot be taken back. Someone who writes again is a new contact.
   *
   * Scope `contacts:erase`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/contacts/{contactId}/erase`
   */
  erase(contactId: string, options: CreateOptions = {}): Promise<types.Job> {
    return this.#http.call<types.Job>({ method: 'POST', path: `/v1/contacts/${segment(contactId)}/erase`, idempotent: true }, options);
  }
}
