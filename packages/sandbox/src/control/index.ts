import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { z } from 'zod';
import { SandboxError, type SandboxErrorCode } from '../errors.ts';
import type { Network } from '../network-api.ts';
import { callOperations } from './call-operations.ts';
import type { Operation } from './define.ts';
import { faultOperations } from './fault-operations.ts';
import { groupOperations } from './group-operations.ts';
import { historyOperations } from './history-operations.ts';
import { networkOperations } from './network-operations.ts';
import { phoneOperations } from './phone-operations.ts';
import { pictureOperations } from './picture-operations.ts';

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const PREFIX = '/control/';

export const operations = {
  ...phoneOperations,
  ...historyOperations,
  ...callOperations,
  ...groupOperations,
  ...pictureOperations,
  ...networkOperations,
  ...faultOperations,
};
export type Operations = typeof operations;

const STATUS: Partial<Record<SandboxErrorCode, number>> = {
  BAD_REQUEST: 400,
  NOT_FOUND: 404,
  NOT_ON_WHATSAPP: 404,
  NO_SUCH_DEVICE: 404,
  TIMEOUT: 408,
  QR_UNKNOWN: 409,
  QR_EXPIRED: 409,
  LINK_CODE_UNKNOWN: 409,
  LINK_CODE_WRONG: 409,
  PASSKEY_REQUIRED: 409,
  PROTOCOL: 409,
  CONNECTION_CLOSED: 409,
  PHONE_OFFLINE: 409,
};

/** `POST /control/<operation>` with a JSON body and `Authorization: Bearer <token>`; answers JSON. */
export function controlHandler(network: Network): RequestListener {
  return (request, response) => {
    handle(network, request).then(
      (value) => reply(response, 200, value),
      (error: unknown) => replyError(response, error),
    );
  };
}

class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function handle(network: Network, request: IncomingMessage): Promise<unknown> {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (!pathname.startsWith(PREFIX)) throw new HttpError(404, 'nothing here');
  if (!isAuthorized(request.headers.authorization, network.controlToken))
    throw new HttpError(401, 'wrong or missing token');
  if (request.method !== 'POST') throw new HttpError(405, 'use POST');
  const found = lookup(pathname.slice(PREFIX.length));
  if (!found) throw new HttpError(404, 'no such operation');
  return found.run(network, found.input.parse(await readJson(request)));
}

type AnyOperation = Operation<z.ZodType, unknown>;

function lookup(name: string): AnyOperation | undefined {
  return Object.hasOwn(operations, name) ? asAny(Reflect.get(operations, name)) : undefined;
}

/** Guarantee: every value of `operations` came from `operation()`, whose `run` takes what its own `input` yields. */
function asAny(value: unknown): AnyOperation {
  return value as AnyOperation;
}

/** Hashes first, so that the comparison takes the same time for every length. */
function isAuthorized(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const data = Buffer.from(chunk);
    size += data.length;
    if (size > MAX_BODY_BYTES) throw new HttpError(413, 'body too large');
    chunks.push(data);
  }
  if (size === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new HttpError(400, 'the body is not JSON');
  }
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function replyError(response: ServerResponse, error: unknown): void {
  if (error instanceof HttpError)
    return void reply(response, error.status, failure(codeOf(error.status), error.message));
  if (error instanceof z.ZodError) return void reply(response, 400, failure('BAD_REQUEST', z.prettifyError(error)));
  if (error instanceof SandboxError)
    return void reply(response, STATUS[error.code] ?? 500, failure(error.code, error.message));
  reply(response, 500, failure('FAILED', error instanceof Error ? error.message : String(error)));
}

const codeOf = (status: number): string =>
  status === 401 ? 'UNAUTHORIZED' : status === 404 ? 'NOT_FOUND' : 'BAD_REQUEST';
const failure = (code: string, message: string) => ({ error: { code, message } });
