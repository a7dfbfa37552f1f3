import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const REDACTED = ['apiKey', 'secret', 'authorization', 'password', 'phone', 'body', 'text', 'qr', 'code', '*.apiKey'];

/** The process's logger: JSON lines on stderr, so that stdout stays for what a person asked for. */
export function createLogger(level: string): Logger {
  return pino({ level, redact: { paths: REDACTED, censor: '[redacted]' } }, pino.destination({ dest: 2, sync: true }));
}
