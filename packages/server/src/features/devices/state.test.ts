import { expect, it } from 'vitest';
import type { DisconnectCause } from '../../engine/port.ts';
import { DEVICE_STATES, type DeviceState, isLinked, transition } from './state.ts';

const closed = (cause: DisconnectCause, retryAt?: number) =>
  ({ kind: 'fact', fact: { fact: 'closed', cause, ...(retryAt === undefined ? {} : { retryAt }) } }) as const;

it('keeps linking through the restart after pairing and through a lost socket', () => {
  expect(transition('linking', closed('restart_required', 1))).toBeNull();
  expect(transition('linking', closed('network', 1))).toBeNull();
  expect(transition('linking', closed('link_timeout'))).toEqual({ state: 'unlinked', reason: 'link_timeout' });
});

it('gives every transitional state a deadline, and every deadline an end', () => {
  const triggers = [
    { kind: 'command', command: 'link' },
    { kind: 'command', command: 'restart' },
    closed('network', 1),
    { kind: 'fact', fact: { fact: 'connecting' } },
  ] as const;
  for (const from of DEVICE_STATES) {
    for (const trigger of triggers) {
      const next = transition(from, trigger);
      if (next?.state !== 'linking' && next?.state !== 'connecting') continue;
      expect(next.deadlineSeconds).toBeGreaterThan(0);
      expect(transition(next.state, { kind: 'deadline' })).not.toBeNull();
    }
  }
});

it('goes to logged_out only when the phone removed the device, never on a transient code', () => {
  const causes: DisconnectCause[] = [
    'network',
    'server_unavailable',
    'replaced',
    'bad_session',
    'worker_crashed',
    'outdated_version',
  ];
  for (const cause of causes) expect(isLinked(transition('connected', closed(cause))?.state ?? 'unlinked')).toBe(true);
  expect(transition('connected', closed('logged_out'))?.state).toBe('logged_out');
});

it('can unlink from every state, and ignores what a session says after that', () => {
  for (const from of DEVICE_STATES.filter((state) => state !== 'unlinked')) {
    expect(transition(from, { kind: 'command', command: 'unlink' })?.state).toBe('unlinked');
  }
  const late: DeviceState = 'unlinked';
  expect(transition(late, { kind: 'fact', fact: { fact: 'open', account: { phone: '+1', companion: 1 } } })).toBeNull();
  expect(transition(late, closed('network', 1))).toBeNull();
});
