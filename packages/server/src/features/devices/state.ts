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
}

/** A person has this long to scan or type, whatever the single QR codes' lifetimes. */
export const LINK_SECONDS = 180;
const CONNECT_SECONDS = 60;

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
  if (retryAt === undefined) return ENDED[cause];
  return { state: 'connecting', reason: cause, deadlineSeconds: CONNECT_SECONDS };
}

function onFact(from: DeviceState, fact: SessionFact): Transition | null {
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
      return from === 'unlinked' ? null : { state: 'connected', reason: 'connected' };
    case 'closed':
      return closed(from, fact);
    default:
      return null;
  }
}

function onSuspend(from: DeviceState): Transition | null {
  if (from === 'linking') return { state: 'unlinked', reason: 'workspace_suspended' };
  if (from === 'restricted' || !isLinked(from)) return null;
  return { state: 'disconnected', reason: 'workspace_suspended' };
}

function onCommand(from: DeviceState, command: Command): Transition | null {
  if (command === 'suspend') return onSuspend(from);
  if (command === 'unlink') return from === 'unlinked' ? null : { state: 'unlinked', reason: 'unlinked_by_user' };
  if (command === 'link') {
    const free = from === 'unlinked' || from === 'logged_out' || from === 'linking';
    return free ? { state: 'linking', reason: 'link_requested', deadlineSeconds: LINK_SECONDS } : null;
  }
  return isLinked(from) ? { state: 'connecting', reason: 'restart_requested', deadlineSeconds: CONNECT_SECONDS } : null;
}

/** The device's state machine: where a trigger leads, or null when it changes nothing. */
export function transition(from: DeviceState, trigger: Trigger): Transition | null {
  if (trigger.kind === 'command') return onCommand(from, trigger.command);
  if (trigger.kind === 'fact') return onFact(from, trigger.fact);
  if (trigger.kind === 'takeover') {
    if (!isLinked(from) || from === 'restricted') return null;
    return { state: 'connecting', reason: 'node_started', deadlineSeconds: CONNECT_SECONDS };
  }
  if (from === 'linking') return { state: 'unlinked', reason: 'link_timeout' };
  return from === 'connecting' ? { state: 'disconnected', reason: 'connect_timeout' } : null;
}
