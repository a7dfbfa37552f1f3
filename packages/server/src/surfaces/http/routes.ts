import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NO_LIMITS } from '../../features/plans/index.ts';
import { checkAccess } from '../../operations/access.ts';
import { type CallRequest, callOperation } from '../../operations/call.ts';
import type { Actor, Limits } from '../../operations/context.ts';
import type { Operation } from '../../operations/define.ts';
import { parseIdempotencyKey } from '../../operations/idempotency/key.ts';
import { rateClassOf } from '../../operations/rate-limits.ts';
import { registry } from '../../operations/registry.ts';
import type { CallReply } from '../../operations/reply.ts';
import { WapingError } from '../../platform/errors.ts';
import { brandId, type WorkspaceId } from '../../platform/ids.ts';
import { addressOf } from './address.ts';
import { callerOfCookie } from './auth/register.ts';
import { refuseKeyInUrl } from './key-in-url.ts';
import { sendBody } from './send-body.ts';
import type { HttpServices } from './server.ts';
import { readUploadForm, type UploadForm } from './upload-form.ts';

const toFastifyPath = (path: string) => path.replace(/\{(\w+)\}/g, ':$1');

// `Accept` may choose among what an operation produces; `?format=` wins over it.
function queryOf(operation: Operation, request: FastifyRequest): unknown {
  const query: Record<string, unknown> = Object.assign({}, request.query);
  const choosable = operation.query !== undefined && 'format' in operation.query.shape;
  if (!operation.produces || !choosable || query.format !== undefined) return query;
  const accept = request.headers.accept ?? '';
  const chosen = operation.produces.find((type) => accept.startsWith(type));
  return chosen ? { ...query, format: chosen.replace(/^.*\/|\+.*$/g, '') } : query;
}

interface Caller {
  workspaceId: WorkspaceId;
  actor: Actor;
  limits(): Promise<Limits>;
}

/** What belongs to no workspace stands under this name, idempotency keys above all. */
const NO_WORKSPACE = brandId('ws', 'operator');

// A key where one is given, whatever cookies come with it; then a session; then what says how to send a key.
async function identify(operation: Operation, services: HttpServices, request: FastifyRequest): Promise<Caller> {
  const { authorization } = request.headers;
  if (operation.audience === 'operator') {
    if (!services.operatorKey) throw new WapingError('NOT_FOUND', 'no such path', { param: 'path' });
    const actor = services.operatorKey.authenticate(authorization);
    return { workspaceId: NO_WORKSPACE, actor, limits: async () => NO_LIMITS };
  }
  const person = authorization === undefined ? await callerOfCookie(services, request) : null;
  const { workspaceId, actor } =
    person ?? (await services.authenticator.authenticate(authorization, addressOf(request)));
  return { workspaceId, actor, limits: () => services.limits.of(workspaceId) };
}

/** The device a request names, unchecked: as a limit's subject it stands beside the caller's workspace. */
function deviceIn({ body, params }: FastifyRequest): unknown {
  const inBody: unknown = body !== null && typeof body === 'object' ? Reflect.get(body, 'deviceId') : undefined;
  return inBody ?? Reflect.get(Object(params), 'deviceId');
}

/** How many messages a request asks to send, by device. */
function sendsIn(operation: Operation, request: FastifyRequest): ReadonlyMap<unknown, number> {
  return operation.sends?.(request.body) ?? new Map([[deviceIn(request), 1]]);
}

function callInTurn({ db, admission, clock }: HttpServices, call: CallRequest): Promise<CallReply> {
  const inTurn = (run: (now: Date) => Promise<CallReply>) =>
    admission.run(call.context.workspace.id, () => run(clock.now()));
  return callOperation(db, { ...call, inTurn });
}

/** The form of an upload, taken once it is known that its sender may. Null for every other operation. */
async function formOf(
  { operation, services }: { operation: Operation; services: HttpServices },
  request: FastifyRequest,
  caller: { actor: Actor; limits: Limits; workspaceId: WorkspaceId },
): Promise<UploadForm | null> {
  if (!operation.upload) return null;
  checkAccess(operation, caller);
  const { media } = services.live;
  return services.uploads.run(caller.workspaceId, () => readUploadForm(request.raw, (file) => media.receive(file)));
}

const NEVER = new AbortController().signal;

/** Ends when the caller hangs up. */
function whileThere({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (raw.destroyed) gone.abort();
  else raw.once('close', () => gone.abort());
  return gone.signal;
}

async function handle(operation: Operation, services: HttpServices, request: FastifyRequest, reply: FastifyReply) {
  refuseKeyInUrl(request);
  const caller = await services.rateLimits.guard(request, reply, () => identify(operation, services, request));
  const { workspaceId, actor } = caller;
  const limits = await caller.limits();
  const rateClass = rateClassOf(operation);
  services.rateLimits.admitCall(reply, { actor, workspaceId, rateClass, limits, sends: sendsIn(operation, request) });
  const idempotencyKey = operation.idempotent ? parseIdempotencyKey(request.headers['idempotency-key']) : null;
  await using form = await formOf({ operation, services }, request, { actor, limits, workspaceId });
  const { params, headers } = request;
  const result = await callInTurn(services, {
    operation,
    input: { params, query: queryOf(operation, request), headers, body: form ? form.body : request.body },
    idempotencyKey,
    context: {
      workspace: { id: workspaceId },
      actor,
      limits,
      now: services.clock.now(),
      requestId: request.requestId,
      signal: operation.wire ? whileThere(reply) : NEVER,
      address: addressOf(request),
      publicUrl: services.people.publicUrl(),
      log: services.log,
      live: services.live,
      wake: services.wake,
      secrets: {
        seal: (plain, context) => services.dataKeys.seal(workspaceId, plain, context),
        open: (sealed, context) => services.dataKeys.open(workspaceId, sealed, context),
      },
    },
  });
  reply.code(result.status).headers(result.headers);
  if (result.replayed) reply.header('idempotency-replayed', 'true');
  return sendBody(reply, result.body);
}

/** The operations this server answers: the operator's are not there without an operator key. */
export function servedOperations(services: HttpServices): readonly Operation[] {
  return registry.filter((operation) => operation.audience !== 'operator' || services.operatorKey !== null);
}

/** One route for each operation that is served. */
export function registerOperations(app: FastifyInstance, services: HttpServices): void {
  for (const operation of servedOperations(services)) {
    app.route({
      method: operation.http.method,
      url: toFastifyPath(operation.http.path),
      config: { upload: operation.upload === true },
      handler: (request, reply) => handle(operation, services, request, reply),
    });
  }
}
