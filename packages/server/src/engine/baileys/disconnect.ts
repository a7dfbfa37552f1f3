import type { DisconnectCause } from '../port.ts';

/** Where a number came from decides what it means: 401 from a proxy is not 401 from WhatsApp. */
export type CloseSource =
  /** A `stream:error` or `failure` stanza inside the encrypted stream. */
  | 'stanza'
  /** The web socket, its TCP connection or the HTTP upgrade. */
  | 'transport'
  /** The engine library itself (time-outs, handshake). */
  | 'engine';

/** Codes WhatsApp gives in `stream:error code` and `failure reason`; names as the official clients use them. */
const STANZA_CODES: Readonly<Record<number, DisconnectCause>> = {
  401: 'logged_out', // device removed by the phone
  402: 'banned', // temporary ban
  403: 'banned',
  405: 'outdated_version',
  406: 'banned', // account locked
  409: 'outdated_version', // user agent refused
  411: 'logged_out', // multi-device is off for the account
  440: 'replaced',
  500: 'server_unavailable',
  501: 'server_unavailable',
  503: 'server_unavailable',
  515: 'restart_required',
};

/** Codes the engine library puts on its own failures. */
const ENGINE_CODES: Readonly<Record<number, DisconnectCause>> = {
  400: 'bad_session', // the certificate chain was refused
  408: 'network',
  428: 'network',
};

/** Names a closed connection. A code outside the table is a stream we do not understand: new socket, same credentials. */
export function disconnectCause(source: CloseSource, code: number | undefined): DisconnectCause {
  if (source === 'transport') return code !== undefined && code >= 500 ? 'server_unavailable' : 'network';
  if (code === undefined) return source === 'engine' ? 'network' : 'bad_session';
  const table = source === 'stanza' ? STANZA_CODES : ENGINE_CODES;
  return table[code] ?? 'bad_session';
}

/** Causes after which the session stays closed until the gateway asks for it again. */
export function isFinal(cause: DisconnectCause): boolean {
  switch (cause) {
    case 'logged_out':
    case 'replaced':
    case 'banned':
    case 'outdated_version':
    case 'link_timeout':
    case 'stopped':
      return true;
    case 'network':
    case 'restart_required':
    case 'server_unavailable':
    case 'bad_session':
    case 'worker_crashed':
    case 'deaf':
      return false;
  }
}
