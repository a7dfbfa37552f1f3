import { expect, it } from 'vitest';
import { beyond, type KeyRights } from './rights.ts';

const ALL: KeyRights = { scopes: ['*'], devices: null, ips: null, expiresAt: null };
const some = (rights: Partial<KeyRights>): KeyRights => ({ ...ALL, ...rights });
const params = (mine: Partial<KeyRights>, wanted: Partial<KeyRights>) =>
  beyond(some(mine), some(wanted)).map(({ param }) => param);

it('lets a key with everything give everything', () => expect(beyond(ALL, ALL)).toEqual([]));

it.each<[string[], string[], number]>([
  [['messages:send'], ['messages:send'], 0],
  [['messages:send'], ['messages:read'], 1],
  [['messages:send'], ['messages:*'], 1],
  [['messages:send'], ['*'], 1],
  [['messages:*'], ['messages:send', 'messages:read', 'messages:*'], 0],
  [['messages:*'], ['devices:read', '*'], 2],
  [['*'], ['messages:*', '*'], 0],
])('scopes %j give %j but %i', (mine, wanted, refused) => {
  expect(params({ scopes: mine }, { scopes: wanted })).toEqual(Array(refused).fill('scope'));
});

it('keeps a device list within the caller’s', () => {
  const devices = ['dev_a', 'dev_b'];
  expect(params({ devices }, { devices: ['dev_a'] })).toEqual([]);
  expect(params({ devices }, { devices: ['dev_a', 'dev_c'] })).toEqual(['deviceList']);
  expect(params({ devices }, { devices: null })).toEqual(['deviceList']);
  expect(params({ devices: null }, { devices })).toEqual([]);
});

it('keeps an address list within the caller’s', () => {
  const ips = ['10.0.0.0/8', '2001:db8::/32'];
  expect(params({ ips }, { ips: ['10.1.0.0/16', '2001:db8::1'] })).toEqual([]);
  expect(params({ ips }, { ips: ['10.1.0.0/16', '192.0.2.1'] })).toEqual(['ipList']);
  expect(params({ ips }, { ips: ['0.0.0.0/0'] })).toEqual(['ipList']);
  expect(params({ ips }, { ips: null })).toEqual(['ipList']);
});

it('lets no key outlive the one that gives it', () => {
  const [soon, late] = [new Date(1_000), new Date(2_000)];
  expect(params({ expiresAt: late }, { expiresAt: soon })).toEqual([]);
  expect(params({ expiresAt: soon }, { expiresAt: soon })).toEqual([]);
  expect(params({ expiresAt: soon }, { expiresAt: late })).toEqual(['expiresAt']);
  expect(params({ expiresAt: soon }, { expiresAt: null })).toEqual(['expiresAt']);
});

it('says everything that is too much at once', () => {
  const mine = { scopes: ['keys:write'], devices: ['dev_a'], ips: ['10.0.0.1'], expiresAt: new Date(1) };
  expect(params(mine, {})).toEqual(['scope', 'deviceList', 'ipList', 'expiresAt']);
});
