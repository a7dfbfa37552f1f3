import { z } from 'zod';
import type { Actor } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { isId, type WorkspaceId } from '../../platform/ids.ts';

/** What a token's seal is bound to beside its workspace. */
export const STREAM_TOKEN_CONTEXT = 'event-stream-token';

const PREFIX = 'wst_';
const SHAPE = /^wst_([0-9a-z]{26})\.([\w-]{1,20000})$/;
export const MAX_TOKEN_LENGTH = 20_100;

const claimsSchema = z.object({
  /** The key or the person it was made for; it opens no more than they may see. */
  actor: z.union([
    z.object({ kind: z.literal('api_key'), id: z.string() }),
    z.object({ kind: z.literal('person'), id: z.string(), sessionId: z.string() }),
  ]),
  devices: z.array(z.string()).nullable(),
  types: z.array(z.string()).nullable(),
  deviceId: z.string().nullable(),
  /** Milliseconds since 1970. */
  expires: z.number(),
});

/** What a stream token says. */
export type StreamClaims = z.output<typeof claimsSchema>;

export const badToken = (): WapingError =>
  new WapingError('UNAUTHORIZED', 'this stream token is not valid, or not any more', { param: 'token' });

/** Who a token speaks for. Throws FORBIDDEN for who cannot have one. */
export function holderOf(actor: Actor): StreamClaims['actor'] {
  if (actor.kind === 'api_key') return { kind: actor.kind, id: actor.id };
  if (actor.kind === 'person') return { kind: actor.kind, id: actor.id, sessionId: actor.sessionId };
  throw new WapingError('FORBIDDEN', 'stream tokens are for keys and people');
}

/** Writes a token; `seal` seals under the data key of the workspace, with `STREAM_TOKEN_CONTEXT`. */
export async function sealStreamToken(
  workspaceId: string,
  claims: StreamClaims,
  seal: (plain: string, context: string) => Promise<Uint8Array>,
): Promise<string> {
  const sealed = await seal(JSON.stringify(claims), STREAM_TOKEN_CONTEXT);
  return `${PREFIX}${workspaceId.slice(workspaceId.indexOf('_') + 1)}.${Buffer.from(sealed).toString('base64url')}`;
}

/** The workspace a token names, unproven, and what is sealed in it. Throws UNAUTHORIZED. */
export function readStreamToken(token: string): { workspaceId: WorkspaceId; sealed: Buffer } {
  const [, tail, sealed] = SHAPE.exec(token) ?? [];
  const workspaceId = `ws_${tail}`;
  if (sealed === undefined || !isId('ws', workspaceId)) throw badToken();
  return { workspaceId, sealed: Buffer.from(sealed, 'base64url') };
}

/** What a token says; its time is the caller's matter. Throws UNAUTHORIZED for one that was not sealed here. */
export async function openStreamToken(
  token: string,
  open: (workspaceId: WorkspaceId, sealed: Uint8Array, context: string) => Promise<string>,
): Promise<{ workspaceId: WorkspaceId; claims: StreamClaims }> {
  const { workspaceId, sealed } = readStreamToken(token);
  try {
    const text = await open(workspaceId, sealed, STREAM_TOKEN_CONTEXT);
    return { workspaceId, claims: claimsSchema.parse(JSON.parse(text)) };
  } catch (error) {
    // A workspace that is not there has no key to have sealed with; a database that does not answer says nothing.
    if (error instanceof WapingError) throw error;
    throw badToken();
  }
}
