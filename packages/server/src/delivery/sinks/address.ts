import { SinkError } from './port.ts';

/** What the address of a broker says, decoded. */
export interface BrokerAddress {
  scheme: string;
  host: string;
  port: number;
  user: string | null;
  password: string | null;
  /** What stands behind the slash; empty where nothing does. */
  path: string;
}

const LONGEST = 300;
const HIDDEN = '[hidden]';

/** Whether what is percent-encoded in a broker's address can be decoded. */
export function isBrokerAddress(url: string): boolean {
  try {
    return addressOf(url, 1).host !== '';
  } catch {
    return false;
  }
}

/** Reads a broker's address. Throws where it is none. */
export function addressOf(url: string, defaultPort: number): BrokerAddress {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const text = (encoded: string): string | null => (encoded === '' ? null : decodeURIComponent(encoded));
  return {
    scheme: protocol.slice(0, -1),
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? defaultPort : Number(port),
    user: text(username),
    password: text(password),
    path: decodeURIComponent(pathname.slice(1)),
  };
}

/**
 * What a library's error says, for logs, rows and answers: without what the address keeps secret, however the library
 * quotes it, in one line and not long. A user without a password is a token.
 */
export function plainError(error: unknown, url: string): SinkError {
  if (error instanceof SinkError) return error;
  const said = error instanceof Error ? messageOf(error) : String(error);
  const { username, password } = new URL(url);
  const secret = password === '' ? username : password;
  const shown = [secret, decodeURIComponent(secret)]
    .filter((part) => part !== '')
    .reduce((text, part) => text.replaceAll(part, HIDDEN), said);
  return new SinkError(shown.replace(/\s+/g, ' ').trim().slice(0, LONGEST));
}

// Node gathers the failures of a host's several addresses in one error that says nothing itself.
function messageOf(error: Error): string {
  const parts = error instanceof AggregateError ? error.errors : [];
  const told = parts.flatMap((part: unknown) => (part instanceof Error && part.message !== '' ? [part.message] : []));
  const own = error.message === '' ? error.name : error.message;
  const cause = error.cause instanceof Error && error.cause.message !== '' ? [error.cause.message] : [];
  return [...(error.message === '' && told.length > 0 ? [] : [own]), ...told, ...cause].join('; ');
}
