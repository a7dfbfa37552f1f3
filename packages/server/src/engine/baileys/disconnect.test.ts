import { describe, expect, it } from 'vitest';
import { disconnectCause, isFinal } from './disconnect.ts';

describe('disconnectCause', () => {
  it.each([
    [401, 'logged_out'],
    [402, 'banned'],
    [403, 'banned'],
    [405, 'outdated_version'],
    [406, 'banned'],
    [409, 'outdated_version'],
    [411, 'logged_out'],
    [440, 'replaced'],
    [500, 'server_unavailable'],
    [503, 'server_unavailable'],
    [515, 'restart_required'],
  ] as const)('reads %i in a stanza as %s', (code, cause) => {
    expect(disconnectCause('stanza', code)).toBe(cause);
  });

  it('takes a stanza with an unknown or missing code for a bad session', () => {
    expect(disconnectCause('stanza', undefined)).toBe('bad_session');
    expect(disconnectCause('stanza', 799)).toBe('bad_session');
  });

  it('never takes an HTTP status of the upgrade for WhatsApp saying goodbye', () => {
    for (const code of [401, 403, 404, 405, 407, 429, 440]) expect(disconnectCause('transport', code)).toBe('network');
    expect(disconnectCause('transport', 502)).toBe('server_unavailable');
  });

  it("reads the library's own codes", () => {
    expect(disconnectCause('engine', 428)).toBe('network');
    expect(disconnectCause('engine', 408)).toBe('network');
    expect(disconnectCause('engine', undefined)).toBe('network');
    expect(disconnectCause('engine', 400)).toBe('bad_session');
    expect(disconnectCause('engine', 401)).toBe('bad_session');
  });

  it('tries again after what passes, and only then', () => {
    expect(isFinal('network')).toBe(false);
    expect(isFinal('restart_required')).toBe(false);
    expect(isFinal('server_unavailable')).toBe(false);
    expect(isFinal('bad_session')).toBe(false);
    expect(isFinal('worker_crashed')).toBe(false);
    expect(isFinal('logged_out')).toBe(true);
    expect(isFinal('replaced')).toBe(true);
    expect(isFinal('banned')).toBe(true);
    expect(isFinal('outdated_version')).toBe(true);
    expect(isFinal('link_timeout')).toBe(true);
    expect(isFinal('stopped')).toBe(true);
  });
});
