import { toEvent } from '../../features/events/index.ts';
import { headersContext, secretContext, signatureHeaders, unpackHeaders } from '../../features/webhooks/index.ts';
import { VERSION } from '../../version.ts';
import { type ClaimedDelivery, eventOf } from './store.ts';

/** Opens what is sealed under a workspace's data key. */
export type OpenSealed = (workspaceId: string, sealed: Uint8Array, context: string) => Promise<string>;

interface SealedHook {
  id: string;
  workspace_id: string;
  headers_sealed: Uint8Array;
  secret_sealed: Uint8Array;
  previous_sealed: Uint8Array | null;
  previous_expires_at: Date | null;
}

/** The secrets that sign now, the current one first. */
export async function secretsOf(open: OpenSealed, hook: SealedHook, now: Date): Promise<string[]> {
  const context = secretContext(hook.id);
  const current = await open(hook.workspace_id, hook.secret_sealed, context);
  const { previous_sealed: previous, previous_expires_at: until } = hook;
  if (previous === null || until === null || until <= now) return [current];
  return [current, await open(hook.workspace_id, previous, context)];
}

/** All headers of a request: the endpoint's own, then ours, which nothing replaces. */
export async function signedHeaders(
  open: OpenSealed,
  hook: SealedHook,
  content: { id: string; body: Uint8Array; at: Date; secrets: readonly string[] },
): Promise<Record<string, string>> {
  const own = unpackHeaders(await open(hook.workspace_id, hook.headers_sealed, headersContext(hook.id)));
  const ours = {
    'content-type': 'application/json',
    'content-length': String(content.body.length),
    'user-agent': `WAPing/${VERSION}`,
  };
  return { ...own, ...ours, ...signatureHeaders(content.secrets, content) };
}

/** What is sent of a delivery; null when the log has its event no more. */
export function bodyOfDelivery(row: ClaimedDelivery): Buffer | null {
  if (row.payload !== null) return Buffer.from(JSON.stringify(row.payload));
  const event = eventOf(row);
  return event && Buffer.from(JSON.stringify(toEvent(row.workspace_id, event)));
}
