import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { FetchError, type SafeFetch } from '../../platform/safe-fetch/index.ts';
import { listExistingDevices } from '../devices/index.ts';
import { EVENT_TYPES } from '../events/index.ts';
import { matchesType } from './patterns.ts';
import { findWebhook, lockWebhook, type WebhookRow } from './store.ts';

export const noSuchWebhook = (): WapingError => new WapingError('NOT_FOUND', 'no such webhook', { param: 'webhookId' });

/** An endpoint of the workspace. Throws NOT_FOUND. */
export async function requireWebhook(ctx: OperationContext, webhookId: string): Promise<WebhookRow> {
  const row = await findWebhook(ctx.tx, ctx.workspace.id, webhookId);
  if (!row) throw noSuchWebhook();
  return row;
}

/** The same, locked for a change. */
export async function requireWebhookToChange(ctx: OperationContext, webhookId: string): Promise<WebhookRow> {
  const row = await lockWebhook(ctx.tx, ctx.workspace.id, webhookId);
  if (!row) throw noSuchWebhook();
  return row;
}

/** Throws CONFLICT unless events are being sent to the endpoint. */
export function requireActive(row: WebhookRow): void {
  if (row.state === 'active') return;
  const cure = row.state === 'unverified' ? 'it must answer its challenge first' : 'resume it first';
  throw new WapingError('CONFLICT', `this webhook is ${row.state}: ${cure}`, { param: 'webhookId' });
}

const refuseUrl = (why: string) => new WapingError('VALIDATION_ERROR', `url: ${why}`, { param: 'url' });

/**
 * The URL as it is kept, without a fragment. Throws VALIDATION_ERROR where nothing could ever be sent to it; where its
 * name leads is looked at before every single request.
 */
export function checkedUrl(outside: Pick<SafeFetch, 'judge'>, text: string): string {
  try {
    const { allowed } = outside.judge(text);
    const url = new URL(text);
    if (url.protocol !== 'https:' && !allowed)
      throw refuseUrl('must be https; http is for hosts that the operator of this installation allows');
    url.hash = '';
    return url.href;
  } catch (error) {
    throw error instanceof FetchError ? refuseUrl(error.message) : error;
  }
}

/** Where events go, as the audit log may know it: paths and queries of such URLs often hold a secret. */
export const hostOf = (url: string): string => new URL(url).host;

/** Each once, in one order: what is listed is a set. */
export const asSet = (items: readonly string[]): string[] => [...new Set(items)].sort();

/** Throws VALIDATION_ERROR on a pattern that no type of event fits: a slip would have an endpoint hear nothing, unnoticed. */
export function checkEvents(patterns: readonly string[]): void {
  const types = Object.keys(EVENT_TYPES);
  const at = patterns.findIndex((pattern) => !types.some((type) => matchesType([pattern], type)));
  if (at < 0) return;
  const message = `${JSON.stringify(patterns[at])} is no type of event, nor the beginning of one with .*`;
  throw new WapingError('VALIDATION_ERROR', `events.${at}: ${message}`, { param: `events.${at}` });
}

/** Throws NOT_FOUND on a device that is not of this workspace. */
export async function checkDevices(ctx: OperationContext, ids: readonly string[] | null): Promise<void> {
  if (ids === null) return;
  const found = new Set(await listExistingDevices(ctx.tx, ctx.workspace.id, ids));
  const missing = ids.findIndex((id) => !found.has(id));
  if (missing < 0) return;
  throw new WapingError('NOT_FOUND', `no such device: ${ids[missing]}`, { param: `deviceIds.${missing}` });
}
