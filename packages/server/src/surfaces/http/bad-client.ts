import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { WapingError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { Logger } from '../../platform/log.ts';
import { envelope } from './error-reply.ts';

const MESSAGES: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'the request line and the headers are larger than 16 KiB',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not arrive in time',
};

interface Refusal {
  status: number;
  headers: Record<string, string>;
  body: string;
}

function refusal(log: Logger, message: string, code: string): Refusal {
  const error = new WapingError('VALIDATION_ERROR', message);
  const requestId = newId('req');
  log.info({ requestId, code, status: error.status }, 'request refused before it was read');
  const body = JSON.stringify(envelope(error, requestId));
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    'x-content-type-options': 'nosniff',
    connection: 'close',
  };
  return { status: error.status, headers, body };
}

// What Node sets on a socket while an answer to an earlier request is on it: ours must not be put into the middle.
function isAnswering(socket: Socket): boolean {
  const message: unknown = Reflect.get(socket, '_httpMessage');
  return message !== null && typeof message === 'object' && Reflect.get(message, 'headersSent') === true;
}

/** Answers what is not a request of HTTP, which no hook ever sees, in the same envelope as all else; then hangs up. */
export function answerBadClient(log: Logger, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable && !isAnswering(socket)) {
    const message = MESSAGES[error.code ?? ''] ?? 'this is not a valid HTTP request';
    const { status, headers, body } = refusal(log, message, error.code ?? 'unknown');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroy();
}

/** Answers a request with an `Expect` header other than `100-continue`, which Node keeps from the application. */
export function refuseExpectation(log: Logger, _request: IncomingMessage, response: ServerResponse): void {
  const { status, headers, body } = refusal(log, 'Expect: only 100-continue is understood', 'EXPECT');
  response.writeHead(status, headers).end(body);
}
