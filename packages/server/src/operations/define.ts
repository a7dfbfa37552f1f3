import type { z } from 'zod';
import type { ErrorCode } from '../platform/errors.ts';
import type { AuditTarget } from './audit/entry.ts';
import type { OperationContext } from './context.ts';
import type { RateClass } from './rate-limits.ts';

export type HttpMethod = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
export type Role = 'owner' | 'admin' | 'agent' | 'viewer';
type Shape = z.ZodObject;
type Parsed<S> = S extends z.ZodType ? z.output<S> : unknown;

/** What a surface sends. A stream is read as fast as the caller takes it, after the operation has returned. */
export type ReplyBody = Uint8Array | string | AsyncIterable<string | Uint8Array>;

/** Statuses that an operation of raw replies may answer besides its own. */
export type RawStatus = 206 | 304 | 416;

/** Bytes or a stream instead of JSON, for operations whose `produces` names other media types. */
export class RawReply {
  readonly contentType: string;
  readonly body: ReplyBody;
  readonly headers: Record<string, string>;
  /** Null: the operation's own. */
  readonly status: RawStatus | null;

  constructor(
    contentType: string,
    body: ReplyBody,
    headers: Record<string, string> = {},
    status: RawStatus | null = null,
  ) {
    this.contentType = contentType;
    this.body = body;
    this.headers = headers;
    this.status = status;
  }
}

/**
 * One thing WAPing can do. Every surface (REST, OpenAPI, CLI, SDK, MCP) follows from this definition.
 * Parameters of path, query and body have distinct names: a verb sees them merged.
 */
export interface OperationSpec<
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  O extends z.ZodType,
  W = undefined,
  H extends Shape = z.ZodObject<Record<never, never>>,
> {
  /** `resource.verb`, also the OpenAPI operationId. */
  id: string;
  tag: string;
  summary: string;
  description?: string;
  http: { method: HttpMethod; path: `/v1/${string}`; status: 200 | 201 | 202 | 204 };
  /** Who may call: a workspace's keys and people (the default), or the operator of the installation alone. */
  audience?: 'workspace' | 'operator';
  /** The scope an API key needs. */
  scope: `${string}:${string}`;
  /** Scopes that its verb asks for besides, for single options of its input or for all it does. */
  optionScopes?: readonly `${string}:${string}`[];
  roles: readonly Role[];
  /** Every key of the workspace may call it, whatever its scopes. */
  everyKey?: true;
  /**
   * A key that is limited to devices may call it: all it shows or changes is in rows of devices, which the database then
   * holds to the key's. Without this such keys are refused.
   */
  perDevice?: true;
  /** A stream token in its query (`token`) opens it too, for who cannot send a key: a browser's EventSource. */
  takesStreamToken?: true;
  /** Refused where the plan has no API access, to people too. */
  needsApiAccess?: true;
  params?: P;
  query?: Q;
  body?: B;
  /** Headers it reads, by their lower-case names. */
  headers?: H;
  /**
   * True where the body is a multipart form with one file: the surface takes the file to disk before the call, once it
   * knows that the caller may, and hands it over as the field `file`, a `Draft`, which it disposes after the call.
   */
  upload?: true;
  output: O;
  /** Media types besides JSON that the verb may answer with, as a RawReply. */
  produces?: readonly string[];
  /** True where the verb never answers JSON, only what `produces` names; `output` then describes one row of it. */
  rawOnly?: boolean;
  /** Statuses a RawReply may have instead of the operation's, with what each means. */
  rawStatuses?: Readonly<Partial<Record<RawStatus, string>>>;
  /** What it refuses with, beside what every operation may, and every one that honours Idempotency-Key. */
  errors: readonly ErrorCode[];
  /**
   * True for an operation that creates: it honours Idempotency-Key. One that creates elsewhere and so does not mutate
   * does it in `wire`: only that runs once for a key.
   */
  idempotent?: boolean;
  /** What its calls are counted as; by default `read` for GET, else `write`. */
  rateClass?: RateClass;
  /**
   * For an operation that sends more than one message: how many for each device, read from a body that nothing has
   * checked yet. Limits on sending count these, not the call.
   */
  sends?: (body: unknown) => ReadonlyMap<string, number>;
  /** Whether people (never keys) may call it while their workspace is suspended. */
  whileSuspended?: boolean;
  /** Whether `run` writes: it then gets a transaction. */
  mutates: boolean;
  /**
   * True for a hot path whose verb only reads through `tx` and hands every write to `write`: instead of a transaction
   * held over many round trips, the writes commit in one. They must not ask for rows, and must fail on a unique index
   * rather than pass a conflict over: then the verb runs again and reads what another call has made.
   */
  oneStep?: boolean;
  /**
   * With `oneStep`: judges a commit the database refused. True has the verb run again with the next `ctx.attempt`, false
   * leaves the error as it is; what it throws is the answer. It bounds its attempts itself.
   */
  refused?: (error: unknown, ctx: OperationContext) => boolean;
  /** What a repeated Idempotency-Key is answered instead of the output, where that holds a secret shown once. */
  replayed?: (output: z.output<O>) => z.output<O>;
  /** The Location header of a reply. */
  location?: (output: z.output<O>) => string;
  /**
   * What the audit row of a call names as its target. Without it: the object created (201), the last `{param}` of the
   * path, or the `id` of the output.
   */
  auditTarget?: (call: {
    input: Parsed<P> & Parsed<Q> & Parsed<B> & Parsed<H>;
    output: z.output<O>;
  }) => AuditTarget | null;
  /**
   * What WhatsApp, or another server, has to be asked before there is anything to commit. It runs outside any transaction, without a turn,
   * and once for an Idempotency-Key at a time; `run` gets its answer. What it throws is the call's error. A crash
   * between the two leaves WhatsApp changed and nothing recorded: the operation's description says what that means.
   */
  wire?(ctx: OperationContext, input: Parsed<P> & Parsed<Q> & Parsed<B> & Parsed<H>): Promise<W>;
  /** With `wire`: whether there is anything to ask for this input. Where not, `run` is called at once, without an answer. */
  asks?(input: Parsed<P> & Parsed<Q> & Parsed<B> & Parsed<H>): boolean;
  run(
    ctx: OperationContext,
    input: Parsed<P> & Parsed<Q> & Parsed<B> & Parsed<H>,
    answer: W,
  ): Promise<z.output<O> | RawReply>;
}

/** An operation with its types erased, as the registry and the surfaces hold it. */
export interface Operation
  extends Omit<
    OperationSpec<Shape, Shape, Shape, z.ZodType, undefined, Shape>,
    'run' | 'wire' | 'asks' | 'location' | 'replayed' | 'auditTarget'
  > {
  replayed?: (output: unknown) => unknown;
  auditTarget?: (call: { input: Record<string, unknown>; output: unknown }) => AuditTarget | null;
  location?: (output: unknown) => string;
  wire?(ctx: OperationContext, input: Record<string, unknown>): Promise<unknown>;
  asks?(input: Record<string, unknown>): boolean;
  run(ctx: OperationContext, input: Record<string, unknown>, answer: unknown): Promise<unknown>;
}

/** Declares an operation. Input reaches `run` only through its own schemas, which is what makes the erasure sound. */
export function defineOperation<
  O extends z.ZodType,
  P extends Shape = z.ZodObject<Record<never, never>>,
  Q extends Shape = z.ZodObject<Record<never, never>>,
  B extends Shape = z.ZodObject<Record<never, never>>,
  W = undefined,
  H extends Shape = z.ZodObject<Record<never, never>>,
>(spec: OperationSpec<P, Q, B, O, W, H>): Operation {
  return eraseTypes(spec);
}

// Sound because `call` passes only what spec.params, spec.query, spec.headers and spec.body parsed and what spec.wire answered, and
// `location` only its output.
function eraseTypes<P extends Shape, Q extends Shape, B extends Shape, O extends z.ZodType, W, H extends Shape>(
  spec: OperationSpec<P, Q, B, O, W, H>,
): Operation {
  return spec as unknown as Operation;
}
