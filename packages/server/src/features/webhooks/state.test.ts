import { expect, it } from 'vitest';
import { transition, WEBHOOK_STATES } from './state.ts';

it('lets nothing but its challenge make an endpoint active that was not verified', () => {
  for (const trigger of ['resume', 'recovered', 'pause', 'give_up', 'gone'] as const)
    expect(transition('unverified', trigger)).toBeNull();
  expect(transition('unverified', 'verified')).toBe('active');
});

it('asks for a new challenge wherever an endpoint moves to', () => {
  for (const state of WEBHOOK_STATES) expect(transition(state, 'moved')).toBe('unverified');
});

it('brings an endpoint that is gone back by hand alone', () => {
  expect(transition('disabled', 'recovered')).toBeNull();
  expect(transition('disabled', 'give_up')).toBeNull();
  expect(transition('disabled', 'resume')).toBe('active');
});
