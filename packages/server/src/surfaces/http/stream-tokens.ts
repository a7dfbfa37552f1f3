import type { FastifyRequest } from 'fastify';
import { badToken, openStreamToken, type StreamClaims } from '../../features/events/index.ts';
import { resumeSession } from '../../features/members/index.ts';
import { type Actor, devicesOf } from '../../operations/context.ts';
import type { Operation } from '../../operations/define.ts';
import { brandId, type WorkspaceId } from '../../platform/ids.ts';
import { addressOf } from './address.ts';
import { nameOfCredential } from './rate-limits.ts';
import type { HttpServices } from './server.ts';

/** When requests with a token came. A token opens streams for minutes; the streams themselves go on. */
const came = new WeakMap<FastifyRequest, number>();

/** The stream token of a request, where the operation takes one and no key was sent. */
export function streamTokenOf(operation: Operation, request: FastifyRequest): string | null {
  if (!operation.takesStreamToken || request.headers.authorization !== undefined) return null;
  const token: unknown = Reflect.get(Object(request.query), 'token');
  return typeof token === 'string' ? token : null;
}

/** What stands for the token among credentials that worked or did not. */
export function shownToken(operation: Operation, request: FastifyRequest): string | undefined {
  const token = streamTokenOf(operation, request);
  return token === null ? undefined : nameOfCredential(token);
}

async function holder(
  { authenticator, people }: HttpServices,
  { workspaceId, claims }: { workspaceId: WorkspaceId; claims: StreamClaims },
  address: string,
): Promise<{ workspaceId: WorkspaceId; actor: Actor }> {
  const { actor } = claims;
  if (actor.kind === 'api_key') return authenticator.callerOf(brandId('key', actor.id), address);
  return resumeSession(people, { id: actor.sessionId, workspaceId });
}

/**
 * Who made a stream token, as they may act now. Throws UNAUTHORIZED for a token that is not ours or has ended, or whose
 * key has other devices now, and what the key or the session itself is refused with.
 */
export async function callerOfStreamToken(
  services: HttpServices,
  request: FastifyRequest,
  token: string,
): Promise<{ workspaceId: WorkspaceId; actor: Actor }> {
  const at = came.get(request) ?? services.clock.now().getTime();
  came.set(request, at);
  const opened = await openStreamToken(token, (workspaceId, sealed, context) =>
    services.dataKeys.open(workspaceId, sealed, context),
  );
  if (opened.claims.expires <= at) throw badToken();
  const caller = await holder(services, opened, addressOf(request));
  const isSame = caller.workspaceId === opened.workspaceId && caller.actor.id === opened.claims.actor.id;
  if (!isSame || devicesOf(caller.actor)?.join() !== opened.claims.devices?.join()) throw badToken();
  return caller;
}
