import type { Clock } from '../../platform/clock.ts';
import type { Db } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/log.ts';
import type { Mailer } from '../../platform/mail.ts';
import type { DataKeys } from '../workspaces/index.ts';
import type { Passwords } from './password.ts';
import type { Throttle } from './throttle.ts';

/** What signing in and the like need: they begin before there is a workspace, so they are no operations. */
export interface PeopleServices {
  db: Db;
  dataKeys: DataKeys;
  passwords: Passwords;
  throttle: Throttle;
  clock: Clock;
  log: Logger;
  /** Null where no SMTP server is configured. */
  mailer: Mailer | null;
  /** Where people reach this installation. */
  publicUrl(): string;
}

/** Where a request comes from, and what it asks for. */
export interface Origin {
  /** Id of its route. */
  action: string;
  requestId: string;
  address: string;
  userAgent: string | null;
  /** The secret this browser was given when it first signed in. */
  browserToken: string | null;
}

/** Addresses are kept and compared in lower case. */
export function normaliseEmail(email: string): string {
  return email.trim().toLowerCase();
}
