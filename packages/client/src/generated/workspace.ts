// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { type CallOptions, type CreateOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Workspace {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * Get your workspace.
   *
   * Scope `workspace:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/workspace`
   */
  get(options: CallOptions = {}): Promise<types.WorkspaceSettings> {
    return this.#http.call<types.WorkspaceSettings>({ method: 'GET', path: '/v1/workspace' }, options);
  }

  /**
   * Change your workspace.
   *
   * Its name, how long it keeps messages, events and the audit log, and the words with which contacts opt out. What is past its time goes within six hours, in small batches; a message that still waits to be sent goes after it has ended.
   *
   * Scope `workspace:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `PATCH /v1/workspace`
   */
  update(body: types.UpdateWorkspaceSettings, options: CallOptions = {}): Promise<types.WorkspaceSettings> {
    return this.#http.call<types.WorkspaceSettings>({ method: 'PATCH', path: '/v1/workspace', body }, options);
  }

  /**
   * Export the workspace.
   *
   * A job that gathers everything the workspace holds: people, devices, contacts, conversations, messages, events, usage, the audit log. No secrets. Fetch the outcome at `resultUrl` within seven days.
   *
   * Scope `workspace:export`. Roles: owner. Not for keys limited to devices.
   *
   * `POST /v1/workspace/export`
   */
  export(options: CreateOptions = {}): Promise<types.Job> {
    return this.#http.call<types.Job>({ method: 'POST', path: '/v1/workspace/export', idempotent: true }, options);
  }

  /**
   * Erase the workspace.
   *
   * For an owner who is signed in; keys are refused. Keys and invitations stop at once, the devices are unlinked from their phones, then everything goes, the workspace and people who belong to no other last. It cannot be taken back. The operator keeps the workspace’s id, when it went and how many rows it had.
   *
   * Scope `workspace:erase`. Roles: owner. Not for keys limited to devices.
   *
   * `POST /v1/workspace/erase`
   */
  erase(body: types.EraseWorkspace, options: CreateOptions = {}): Promise<types.Job> {
    return this.#http.call<types.Job>({ method: 'POST', path: '/v1/workspace/erase', body, idempotent: true }, options);
  }
}
