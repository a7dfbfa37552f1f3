import type { DisconnectCause, SessionFact } from '../../engine/port.ts';

export const DEVICE_STATES = [
  'unlinked',
  'linking',
  'connecting',
  'connected',
  'degraded',
  'disconnected',
  'logged_out',
  'restricted',
] as const;

export type DeviceState = (typeof DEVICE_STATES)[number];

export type Command = 'link' | 'unlink' | 'restart' | 'suspend';

/** What may move a device: a person's command, a fact of its session, or a deadline that passed. */
export type Trigger =
  | { kind: 'command'; command: Command }
  | { kind: 'fact'; fact: SessionFact }
  | { kind: 'deadline' }
  /** A node took the device over: whatever socket it had is gone. */
  | { kind: 'takeover' };

export interface Transition {
  state: DeviceState;
  reason: string;
  /** Seconds until a transitional state gives up. */
  deadlineSeconds?: number;
  /** Unix ms at which a restriction ends by itself. */
  deadlineAt?: number;
  /** The device's session is to be opened anew: it is over, or of no use. */
  reopen?: boolean;
}

/** What decides beside the state. */
export interface Standing {
  reason: string;
  /** Unix ms until which the account may open no new chats; null: it may. */
  restrictedUntil: number | null;
  /** Unix ms. */
  now: number;
}

/** Restricted, but connected: chats that stand go on. */
export const REACH_OUT_LOCKED = 'reach_out_locked';

/** A person has this long to scan or type, whatever the single QR codes' lifetimes. */
export const LINK_SECONDS = 180;
export const CONNECT_SECONDS = 60;
/** A session that stayed deaf over several sockets is made anew after this. */
export const DEGRADED_SECONDS = 15 * 60;

const HAS_CREDENTIALS: ReadonlySet<DeviceState> = new Set([
  'connecting',
  'connected',
  'degraded',
  'disconnected',
  'restricted',
]);

/** Whether messages to this device can be kept for it: it is linked, even if it is away just now. */
export function isLinked(state: DeviceState): boolean {
  return HAS_CREDENTIALS.has(state);
}

/** Whether messages leave now: connected, also where only new chats are refused. */
export function carriesMessages({ state, reason }: { state: string; reason: string }): boolean {
  return state === 'connected' || (state === 'restricted' && reason === REACH_OUT_LOCKED);
}

/** Whether a connection stands, over which messages should come. */
export function listens(device: { state: string; reason: string }): boolean {
  return carriesMessages(device) || device.state === 'degraded';
}

// Where a session that ended for good leaves its device. Causes that retry are decided in `closed`.
const ENDED: Record<DisconnectCause, Transition> = {
  network: { state: 'disconnected', reason: 'network' },
  restart_required: { state: 'disconnected', reason: 'restart_required' },
  server_unavailable: { state: 'disconnected', reason: 'server_unavailable' },
  replaced: { state: 'disconnected', reason: 'replaced' },
  logged_out: { state: 'logged_out', reason: 'logged_out_by_phone' },
  banned: { state: 'restricted', reason: 'banned' },
  outdated_version: { state: 'disconnected', reason: 'outdated_version' },
  bad_session: { state: 'disconnected', reason: 'bad_session' },
  link_timeout: { state: 'unlinked', reason: 'link_timeout' },
  worker_crashed: { state: 'disconnected', reason: 'worker_crashed' },
  deaf: { state: 'disconnected', reason: 'deaf' },
  stopped: { state: 'disconnected', reason: 'stopped' },
};

function closed(from: DeviceState, fact: Extract<SessionFact, { fact: 'closed' }>): Transition | null {
  if (from === 'unlinked' || from === 'logged_out') return null;
  const { cause, retryAt } = fact;
  if (from === 'linking') {
    // The restart after pairing and a lost socket are part of linking; its own deadline ends it.
    return cause === 'link_timeout' || cause === 'logged_out' || cause === 'outdated_version' || cause === 'banned'
      ? { state: 'unlinked', reason: cause }
      : null;
  }
  // Stopping what is already down is no news; why it is down stays told.
  if (cause === 'stopped' && from === 'disconnected') return null;
  if (retryAt === undefined)
    return fact.until === undefined ? ENDED[cause] : { ...ENDED[cause], deadlineAt: fact.until };
  return { state: 'connecting', reason: cause, deadlineSeconds: CONNECT_SECONDS };
}

function opened({ restrictedUntil, now }: Standing): Transition {
  if (restrictedUntil === null || restrictedUntil <= now) return { state: 'connected', reason: 'connected' };
  return { state: 'restricted', reason: REACH_OUT_LOCKED, deadlineAt: restrictedUntil };
}

function reachOutLock(from: DeviceState, until: number | null, standing: Standing): Transition | null {
  const { reason, now } = standing;
  if (!carriesMessages({ state: from, reason })) return null;
  if (until !== null && until > now) return { state: 'restricted', reason: REACH_OUT_LOCKED, deadlineAt: until };
  return from === 'restricted' ? { state: 'connected', reason: 'restriction_ended' } : null;
}

function onFact(from: DeviceState, fact: SessionFact, standing: Standing): Transition | null {
  switch (fact.fact) {
    case 'connecting':
      return from === 'disconnected'
        ? { state: 'connecting', reason: 'reconnecting', deadlineSeconds: CONNECT_SECONDS }
        : null;
    case 'passkey_required':
      return from === 'linking' ? { state: 'unlinked', reason: 'passkey_required' } : null;
    case 'paired':
      return { state: 'connecting', reason: 'paired', deadlineSeconds: CONNECT_SECONDS };
    case 'open':
      return from === 'unlinked' ? null : opened(standing);
    case 'closed':
      return closed(from, fact);
    case 'degraded':
      return listens({ state: from, reason: standing.reason })
        ? { state: 'degraded', reason: 'deaf', deadlineSeconds: DEGRADED_SECONDS }
        : null;
    case 'well':
      return from === 'degraded' ? opened(standing) : null;
    case 'reach_out_lock':
      return reachOutLock(from, fact.until, standing);
    default:
      return null;
  }
}

function onSuspend(from: DeviceState, { reason }: Standing): Transition | null {
  if (from === 'linking') return { state: 'unlinked', reason: 'workspace_suspended' };
  const isBanned = from === 'restricted' && reason !== REACH_OUT_LOCKED;
  if (isBanned || !isLinked(from)) return null;
  return { state: 'disconnected', reason: 'workspace_suspended' };
}

function onCommand(from: DeviceState, command: Command, standing: Standing): Transition | null {
  if (command === 'suspend') return onSuspend(from, standing);
  if (command === 'unlink') return from === 'unlinked' ? null : { state: 'unlinked', reason: 'unlinked_by_user' };
  if (command === 'link') {
    const free = from === 'unlinked' || from === 'logged_out' || from === 'linking';
    return free ? { state: 'linking', reason: 'link_requested', deadlineSeconds: LINK_SECONDS } : null;
  }
  return isLinked(from) ? { state: 'connecting', reason: 'restart_requested', deadlineSeconds: CONNECT_SECONDS } : null;
}

function onDeadline(from: DeviceState, { reason }: Standing): Transition | null {
  if (from === 'linking') return { state: 'unlinked', reason: 'link_timeout' };
  if (from === 'connecting') return { state: 'disconnected', reason: 'connect_timeout' };
  if (from === 'degraded') {
    return { state: 'connecting', reason: 'deaf', deadlineSeconds: CONNECT_SECONDS, reopen: true };
  }
  if (from !== 'restricted') return null;
  if (reason === REACH_OUT_LOCKED) return { state: 'connected', reason: 'restriction_ended' };
  return { state: 'connecting', reason: 'restriction_ended', deadlineSeconds: CONNECT_SECONDS, reopen: true };
}

/** The device's state machine: where a trigger leads, or null when it changes nothing. */
export function transition(from: DeviceState, trigger: Trigger, standing: Standing): Transition | null {
  if (trigger.kind === 'command') return onCommand(from, trigger.command, standing);
  if (trigger.kind === 'fact') return onFact(from, trigger.fact, standing);
  if (trigger.kind === 'takeover') {
    const isBanned = from === 'restricted' && standing.reason !== REACH_OUT_LOCKED;
    if (!isLinked(from) || isBanned) return null;
    return { state: 'connecting', reason: 'node_started', deadlineSeconds: CONNECT_SECONDS };
  }
  return onDeadline(from, standing);
}
