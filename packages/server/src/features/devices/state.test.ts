import { describe, expect, it } from 'vitest';
import type { DisconnectCause, SessionFact } from '../../engine/port.ts';
import {
  carriesMessages,
  DEVICE_STATES,
  type DeviceState,
  isLinked,
  REACH_OUT_LOCKED,
  type Standing,
  type Trigger,
  transition,
} from './state.ts';

const NOW = 1_800_000_000_000;
const LATER = NOW + 60_000;
const account = { phone: '+15550001', companion: 1 };
const standing = (own: Partial<Standing> = {}): Standing => ({ reason: '', restrictedUntil: null, now: NOW, ...own });
const go = (from: DeviceState, trigger: Trigger, own: Partial<Standing> = {}) =>
  transition(from, trigger, standing(own));
const fact = (word: SessionFact): Trigger => ({ kind: 'fact', fact: word });
const closed = (cause: DisconnectCause, retryAt?: number): Trigger =>
  fact({ fact: 'closed', cause, ...(retryAt === undefined ? {} : { retryAt }) });

const CAUSES: readonly DisconnectCause[] = [
  'network',
  'restart_required',
  'server_unavailable',
  'replaced',
  'logged_out',
  'banned',
  'outdated_version',
  'bad_session',
  'link_timeout',
  'deaf',
  'worker_crashed',
  'stopped',
];
const FINAL: ReadonlySet<DisconnectCause> = new Set([
  'replaced',
  'logged_out',
  'banned',
  'outdated_version',
  'link_timeout',
  'stopped',
]);
const TRIGGERS: readonly (readonly [string, Trigger])[] = [
  ...(['link', 'unlink', 'restart', 'suspend'] as const).map(
    (command) => [command, { kind: 'command', command }] as const,
  ),
  ['connecting', fact({ fact: 'connecting' })],
  ['qr', fact({ fact: 'qr', text: 'x', expiresAt: LATER })],
  ['code', fact({ fact: 'code', code: 'x', expiresAt: LATER })],
  ['passkey', fact({ fact: 'passkey_required' })],
  ['paired', fact({ fact: 'paired', account })],
  ['open', fact({ fact: 'open', account })],
  ['drained', fact({ fact: 'drained', messages: 1 })],
  ['degraded', fact({ fact: 'degraded', sign: 'no_ack' })],
  ['well', fact({ fact: 'well' })],
  ['locked', fact({ fact: 'reach_out_lock', until: LATER })],
  ['unlocked', fact({ fact: 'reach_out_lock', until: null })],
  ...CAUSES.map((cause) => [cause, closed(cause, FINAL.has(cause) ? undefined : LATER)] as const),
  ['takeover', { kind: 'takeover' }],
  ['deadline', { kind: 'deadline' }],
];

// Where each trigger leads from each state; what is not named changes nothing. `locked!` is `restricted` by the lock.
const TABLE: Record<DeviceState, Record<string, string>> = {
  unlinked: { link: 'linking', paired: 'connecting' },
  linking: {
    link: 'linking',
    unlink: 'unlinked',
    suspend: 'unlinked',
    passkey: 'unlinked',
    paired: 'connecting',
    open: 'connected',
    logged_out: 'unlinked',
    banned: 'unlinked',
    outdated_version: 'unlinked',
    link_timeout: 'unlinked',
    deadline: 'unlinked',
  },
  connecting: {
    unlink: 'unlinked',
    restart: 'connecting',
    suspend: 'disconnected',
    paired: 'connecting',
    open: 'connected',
    network: 'connecting',
    restart_required: 'connecting',
    server_unavailable: 'connecting',
    bad_session: 'connecting',
    deaf: 'connecting',
    worker_crashed: 'connecting',
    replaced: 'disconnected',
    logged_out: 'logged_out',
    banned: 'restricted',
    outdated_version: 'disconnected',
    link_timeout: 'unlinked',
    stopped: 'disconnected',
    takeover: 'connecting',
    deadline: 'disconnected',
  },
  connected: {
    unlink: 'unlinked',
    restart: 'connecting',
    suspend: 'disconnected',
    paired: 'connecting',
    open: 'connected',
    degraded: 'degraded',
    locked: 'restricted',
    network: 'connecting',
    restart_required: 'connecting',
    server_unavailable: 'connecting',
    bad_session: 'connecting',
    deaf: 'connecting',
    worker_crashed: 'connecting',
    replaced: 'disconnected',
    logged_out: 'logged_out',
    banned: 'restricted',
    outdated_version: 'disconnected',
    link_timeout: 'unlinked',
    stopped: 'disconnected',
    takeover: 'connecting',
  },
  degraded: {
    unlink: 'unlinked',
    restart: 'connecting',
    suspend: 'disconnected',
    paired: 'connecting',
    open: 'connected',
    degraded: 'degraded',
    well: 'connected',
    network: 'connecting',
    restart_required: 'connecting',
    server_unavailable: 'connecting',
    bad_session: 'connecting',
    deaf: 'connecting',
    worker_crashed: 'connecting',
    replaced: 'disconnected',
    logged_out: 'logged_out',
    banned: 'restricted',
    outdated_version: 'disconnected',
    link_timeout: 'unlinked',
    stopped: 'disconnected',
    takeover: 'connecting',
    deadline: 'connecting',
  },
  disconnected: {
    unlink: 'unlinked',
    restart: 'connecting',
    suspend: 'disconnected',
    connecting: 'connecting',
    paired: 'connecting',
    open: 'connected',
    network: 'connecting',
    restart_required: 'connecting',
    server_unavailable: 'connecting',
    bad_session: 'connecting',
    deaf: 'connecting',
    worker_crashed: 'connecting',
    replaced: 'disconnected',
    logged_out: 'logged_out',
    banned: 'restricted',
    outdated_version: 'disconnected',
    link_timeout: 'unlinked',
    takeover: 'connecting',
  },
  logged_out: { link: 'linking', unlink: 'unlinked', paired: 'connecting', open: 'connected' },
  restricted: {
    unlink: 'unlinked',
    restart: 'connecting',
    paired: 'connecting',
    open: 'connected',
    network: 'connecting',
    restart_required: 'connecting',
    server_unavailable: 'connecting',
    bad_session: 'connecting',
    deaf: 'connecting',
    worker_crashed: 'connecting',
    replaced: 'disconnected',
    logged_out: 'logged_out',
    banned: 'restricted',
    outdated_version: 'disconnected',
    link_timeout: 'unlinked',
    stopped: 'disconnected',
    deadline: 'connecting',
  },
};

describe.each(DEVICE_STATES)('a device that is %s', (from) => {
  it.each(TRIGGERS)('and meets %s goes where the table says', (name, trigger) => {
    expect(go(from, trigger)?.state).toBe(TABLE[from][name]);
  });

  it('has a deadline wherever it goes that it may not stay, and the deadline has an end', () => {
    for (const [, trigger] of TRIGGERS) {
      const next = go(from, trigger);
      if (next === null || !['linking', 'connecting', 'degraded'].includes(next.state)) continue;
      expect(next.deadlineSeconds, `${from} to ${next.state}`).toBeGreaterThan(0);
      expect(go(next.state, { kind: 'deadline' }, { reason: next.reason })?.state).not.toBe(next.state);
    }
  });
});

it('reaches a state that may last from every other, by deadlines alone', () => {
  for (const first of DEVICE_STATES) {
    let state: DeviceState = first;
    for (let steps = 0; steps < 5; steps += 1) state = go(state, { kind: 'deadline' })?.state ?? state;
    expect(['linking', 'connecting', 'degraded']).not.toContain(state);
  }
});

it('keeps linking through the restart after pairing and through a lost socket', () => {
  expect(go('linking', closed('restart_required', 1))).toBeNull();
  expect(go('linking', closed('network', 1))).toBeNull();
  expect(go('linking', closed('link_timeout'))).toEqual({ state: 'unlinked', reason: 'link_timeout' });
});

it('goes to logged_out only when the phone removed the device, never on a transient code', () => {
  for (const cause of CAUSES.filter((one) => !['logged_out', 'link_timeout'].includes(one))) {
    expect(isLinked(go('connected', closed(cause))?.state ?? 'unlinked')).toBe(true);
  }
  expect(go('connected', closed('logged_out'))?.state).toBe('logged_out');
});

it('says at linking that a passkey is needed', () => {
  expect(go('linking', fact({ fact: 'passkey_required' }))).toEqual({ state: 'unlinked', reason: 'passkey_required' });
});

it('is restricted until the lock on new chats ends, sends on in the others, and is free by itself', () => {
  const locked = go('connected', fact({ fact: 'reach_out_lock', until: LATER }));
  expect(locked).toEqual({ state: 'restricted', reason: REACH_OUT_LOCKED, deadlineAt: LATER });
  const own = { reason: REACH_OUT_LOCKED, restrictedUntil: LATER };
  expect(carriesMessages({ state: 'restricted', reason: REACH_OUT_LOCKED })).toBe(true);
  expect(carriesMessages({ state: 'restricted', reason: 'banned' })).toBe(false);
  const free = { state: 'connected', reason: 'restriction_ended' };
  expect(go('restricted', { kind: 'deadline' }, own)).toEqual(free);
  expect(go('restricted', fact({ fact: 'reach_out_lock', until: null }), own)).toEqual(free);
});

it('is restricted again by a new connection while the lock lasts, and not after it', () => {
  const open = fact({ fact: 'open', account });
  expect(go('connecting', open, { restrictedUntil: LATER })).toMatchObject({ state: 'restricted', deadlineAt: LATER });
  expect(go('connecting', open, { restrictedUntil: NOW })).toMatchObject({ state: 'connected' });
});

it('connects again when a ban that has an end is over', () => {
  const banned = go('connected', fact({ fact: 'closed', cause: 'banned', until: LATER }));
  expect(banned).toEqual({ state: 'restricted', reason: 'banned', deadlineAt: LATER });
  expect(go('restricted', { kind: 'deadline' }, { reason: 'banned' })).toMatchObject({
    state: 'connecting',
    reopen: true,
  });
});

it('names deafness as the reason of a restart, and makes a session anew that restarts did not help', () => {
  expect(go('connected', closed('deaf', LATER))).toMatchObject({ state: 'connecting', reason: 'deaf' });
  expect(go('connected', fact({ fact: 'degraded', sign: 'no_ack' }))).toMatchObject({
    state: 'degraded',
    reason: 'deaf',
  });
  expect(go('degraded', { kind: 'deadline' })).toMatchObject({ state: 'connecting', reason: 'deaf', reopen: true });
});

it('can unlink from every state, and ignores what a session says after that', () => {
  for (const from of DEVICE_STATES.filter((state) => state !== 'unlinked')) {
    expect(go(from, { kind: 'command', command: 'unlink' })?.state).toBe('unlinked');
  }
  expect(go('unlinked', fact({ fact: 'open', account }))).toBeNull();
  expect(go('unlinked', closed('network', 1))).toBeNull();
});
