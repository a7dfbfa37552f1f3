import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NO_LIMITS } from '../../features/plans/index.ts';
import { type Asker, checkAccess } from '../../operations/access.ts';
import { type CallRequest, callOperation } from '../../operations/call.ts';
import { type Actor, devicesOf, type Limits } from '../../operations/context.ts';
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
import { callerOfStreamToken, shownToken, streamTokenOf } from './stream-tokens.ts';
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

/** An operation as this server answers it. */
interface Served {
  operation: Operation;
  services: HttpServices;
}

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

interface Caller {
  workspaceId: WorkspaceId;
  actor: Actor;
  limits(): Promise<Limits>;
}

/** What belongs to no workspace stands under this name, idempotency keys above all. */
const NO_WORKSPACE = brandId('ws', 'operator');

/** Who a request without a key speaks for: by its stream token, else by its session's cookie. */
async function callerWithoutKey({ operation, services }: Served, request: FastifyRequest) {
  if (request.headers.authorization !== undefined) return null;
  const token = streamTokenOf(operation, request);
  return token === null ? callerOfCookie(services, request) : callerOfStreamToken(services, request, token);
}

// A key where one is given, whatever else comes with it; then a stream token or a session; then what says how to send a key.
async function identify(served: Served, request: FastifyRequest): Promise<Caller> {
  const { operation, services } = served;
  const { authorization } = request.headers;
  if (operation.audience === 'operator') {
    if (!services.operatorKey) throw new WapingError('NOT_FOUND', 'no such path', { param: 'path' });
    const actor = services.operatorKey.authenticate(authorization);
    return { workspaceId: NO_WORKSPACE, actor, limits: async () => NO_LIMITS };
  }
  const { workspaceId, actor } =
    (await callerWithoutKey(served, request)) ??
    (await services.authenticator.authenticate(authorization, addressOf(request)));
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
  { operation, services }: Served,
  request: FastifyRequest,
  caller: Arrival,
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

/** Who calls, known before anything of the body is read. */
interface Arrival extends Asker {
  workspaceId: WorkspaceId;
  /** When that was known, in `performance.now()`. */
  at: number;
  /** Whether the call was counted. */
  counted: boolean;
}

/** Takes in the body of nobody but a known caller who has not called too often. */
async function arrive(served: Served, { request, reply }: Exchange): Promise<Arrival> {
  const { operation, services } = served;
  refuseKeyInUrl(request);
  const caller = await services.rateLimits.guard(
    request,
    reply,
    () => identify(served, request),
    shownToken(operation, request),
  );
  const { workspaceId, actor } = caller;
  const limits = await caller.limits();
  services.rateLimits.refuseSpent(reply, { actor, workspaceId, limits, rateClass: rateClassOf(operation) });
  return { workspaceId, actor, limits, at: performance.now(), counted: false };
}

/** A body that comes later than this may come when its sender is known no more. */
const FRESH_MS = 50;

/** What was done to a key or session while the body came is in force for what is done with it. */
async function renew(served: Served, arrival: Arrival, request: FastifyRequest): Promise<void> {
  if (performance.now() - arrival.at < FRESH_MS) return;
  const { workspaceId, actor, limits } = await identify(served, request);
  Object.assign(arrival, { workspaceId, actor, limits: await limits() });
}

function admit(
  { operation, services }: Served,
  arrival: Arrival,
  { reply, sends }: { reply: FastifyReply; sends: ReadonlyMap<unknown, number> },
): void {
  arrival.counted = true;
  services.rateLimits.admitCall(reply, { ...arrival, rateClass: rateClassOf(operation), sends });
}

/** What comes of a body that cannot be read: the call counts, and who may not make it is told that instead. */
function refusalOfBody(served: Served, arrival: Arrival, { reply, error }: { reply: FastifyReply; error: unknown }) {
  try {
    admit(served, arrival, { reply, sends: new Map([[undefined, 1]]) });
    checkAccess(served.operation, arrival);
    return error;
  } catch (refusal) {
    return refusal;
  }
}

const sameDevices = (a: Actor, b: Actor): boolean => devicesOf(a)?.join() === devicesOf(b)?.join();

/** Whether the caller of a request would be let in now as it was then: what it is sent since may be sent on. */
async function stillMay(served: Served, then: Arrival, request: FastifyRequest): Promise<boolean> {
  try {
    const { actor, workspaceId, limits } = await identify(served, request);
    checkAccess(served.operation, { actor, limits: await limits() });
    return workspaceId === then.workspaceId && sameDevices(actor, then.actor);
  } catch (error) {
    if (error instanceof WapingError && error.status < 500) return false;
    throw error;
  }
}

async function handle(served: Served, arrival: Arrival, { request, reply }: Exchange) {
  const { operation, services } = served;
  await renew(served, arrival, request);
  const { workspaceId, actor, limits } = arrival;
  admit(served, arrival, { reply, sends: sendsIn(operation, request) });
  const idempotencyKey = operation.idempotent ? parseIdempotencyKey(request.headers['idempotency-key']) : null;
  await using form = await formOf(served, request, arrival);
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
      signal: operation.wire || operation.rawOnly ? whileThere(reply) : NEVER,
      stillMay: () => stillMay(served, arrival, request),
      address: addressOf(request),
      publicUrl: services.people.publicUrl(),
      log: services.log,
      live: services.live,
      wake: services.wake.within(workspaceId),
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

function registerOperation(app: FastifyInstance, served: Served): void {
  const { http, upload } = served.operation;
  const arrivals = new WeakMap<FastifyRequest, Arrival>();
  app.route({
    method: http.method,
    url: toFastifyPath(http.path),
    config: { upload: upload === true },
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      arrivals.set(request, await arrive(served, { request, reply }));
    },
    handler: (request, reply) => {
      const arrival = arrivals.get(request);
      if (!arrival) throw new Error('a request was handled before its caller was known');
      return handle(served, arrival, { request, reply });
    },
    // Says what is to be answered; how is for the handler of all routes.
    errorHandler: (error, request, reply) => {
      const arrival = arrivals.get(request);
      throw arrival && !arrival.counted ? refusalOfBody(served, arrival, { reply, error }) : error;
    },
  });
}

/** One route for each operation that is served. */
export function registerOperations(app: FastifyInstance, services: HttpServices): void {
  for (const operation of servedOperations(services)) registerOperation(app, { operation, services });
}
