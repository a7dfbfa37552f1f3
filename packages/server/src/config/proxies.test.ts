import { expect, it } from 'vitest';
import { isTrusted, parseTrustedProxies } from './proxies.ts';

it('believes the proxies in its networks, however their address is spelled', () => {
  const proxies = parseTrustedProxies('127.0.0.1, 10.0.0.0/8,fd00::/8');
  for (const trusted of ['127.0.0.1', '::ffff:127.0.0.1', '10.2.3.4', 'fd00::1'])
    expect(isTrusted(proxies, trusted, 3)).toBe(true);
  for (const stranger of ['127.0.0.2', '192.0.2.1', '::1', 'unknown', ''])
    expect(isTrusted(proxies, stranger, 0)).toBe(false);
});

it('believes as many hops as it is told', () => {
  const proxies = parseTrustedProxies('2');
  expect([0, 1, 2].map((hop) => isTrusted(proxies, '192.0.2.1', hop))).toEqual([true, true, false]);
});

it('believes nobody by default', () => expect(isTrusted(null, '127.0.0.1', 0)).toBe(false));

it.each(['0', '11', '-1', 'true', '*', '10.0.0.1/8', '10.0.0.0/8,', 'proxy.example.com'])(
  'takes %j for a mistake',
  (text) => expect(parseTrustedProxies(text)).toBeNull(),
);
