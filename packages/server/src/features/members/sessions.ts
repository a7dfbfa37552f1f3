import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { closePage, openPage, type PageWindow } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf, pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { checkMayManage } from './authority.ts';
import { sessionSchema, toSession } from './schemas.ts';
import {
  deleteSession,
  findVisibleSession,
  listOwnSessions,
  listWorkspaceSessions,
  type SessionRow,
} from './session-store.ts';

const managesOthers = ({ actor }: OperationContext) =>
  actor.kind !== 'person' || actor.role === 'owner' || actor.role === 'admin';

// People see their own unless they ask for someone else's; a key has none of its own.
async function rowsFor(ctx: OperationContext, personId: string | null, page: PageWindow): Promise<SessionRow[]> {
  const { actor } = ctx;
  if (actor.kind === 'person' && (personId === null || personId === actor.id)) {
    return listOwnSessions(ctx.tx, { personId: actor.id, page });
  }
  if (managesOthers(ctx)) return listWorkspaceSessions(ctx.tx, { workspaceId: ctx.workspace.id, personId, page });
  throw new WapingError('FORBIDDEN', 'your role lets you see your own sessions only', {
    param: 'personId',
    details: [{ param: 'role', message: 'needs one of: owner, admin' }],
  });
}

export const listSessions = defineOperation({
  id: 'sessions.list',
  tag: 'Members',
  summary: 'List sessions',
  description:
    'Where people are signed in. A person gets their own, whatever workspace each works in; owners and admins get those of another member in this workspace with `personId`. An API key gets those of all members in this workspace.',
  http: { method: 'GET', path: '/v1/sessions', status: 200 },
  scope: 'sessions:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  query: z.strictObject({
    ...listQuery,
    personId: z.string().max(64).optional().meta({ description: 'Only sessions of this person.' }),
  }),
  output: pageOf('SessionList', sessionSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { personId: input.personId };
    const rows = await rowsFor(ctx, input.personId ?? null, openPage(input, filters));
    const current = ctx.actor.kind === 'person' ? ctx.actor.sessionId : null;
    return closePage(
      rows.map((row) => toSession(row, current)),
      { ...input, filters },
      (session) => session.id,
    );
  },
});

export const revokeSession = defineOperation({
  id: 'sessions.revoke',
  tag: 'Members',
  summary: 'Revoke a session',
  description:
    'Ends it at once. People end their own; owners and admins also those of members who work in this workspace, admins not an owner’s.',
  http: { method: 'DELETE', path: '/v1/sessions/{sessionId}', status: 204 },
  scope: 'sessions:write',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  params: z.strictObject({ sessionId: pathId('ses', 'The session.') }),
  output: z.null(),
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const gone = () => new WapingError('NOT_FOUND', 'no such session', { param: 'sessionId' });
    const own = ctx.actor.kind === 'person' ? ctx.actor.id : null;
    const row = await findVisibleSession(ctx.tx, {
      id: input.sessionId,
      workspaceId: ctx.workspace.id,
      personId: own,
    });
    if (!row || (row.person_id !== own && !managesOthers(ctx))) {
      throw gone();
    }
    if (row.person_id !== own) checkMayManage(ctx.actor, [row.role]);
    if (!(await deleteSession(ctx.tx, row.id, row.person_id))) throw gone();
    ctx.audit({ before: { personId: row.person_id } });
    return null;
  },
});
