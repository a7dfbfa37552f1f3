import fc from 'fast-check';
import { expect, it } from 'vitest';
import { covers, holds, parseAddress, parseNetwork, showNetwork } from './ip.ts';

const network = (text: string) => {
  const read = parseNetwork(text);
  if (!read) throw new Error(`${text} is no network`);
  return read;
};
const address = (text: string) => {
  const read = parseAddress(text);
  if (!read) throw new Error(`${text} is no address`);
  return read;
};

it.each([
  ['192.0.2.0/24', '192.0.2.255', true],
  ['192.0.2.0/24', '192.0.3.0', false],
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.7', '192.0.2.8', false],
  ['0.0.0.0/0', '203.0.113.1', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['192.0.2.0/25', '192.0.2.127', true],
  ['192.0.2.0/25', '192.0.2.128', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::1', false],
  ['::/0', '::1', true],
  ['::/0', '192.0.2.1', false],
  ['192.0.2.0/24', '::ffff:192.0.2.9', true],
  ['192.0.2.0/24', '::ffff:c000:209', true],
  ['::ffff:192.0.2.0/120', '192.0.2.9', true],
])('%s holds %s: %s', (net, one, held) => {
  expect(holds(network(net), address(one))).toBe(held);
});

it.each([
  '',
  '10',
  '10.0.0',
  '010.0.0.1',
  '0x7f.0.0.1',
  '2130706433',
  '256.0.0.1',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  '10.0.0.0/',
  '10.0.0.0/08.0',
  '10.0.0.1/8',
  '2001:db8::1/32',
  '2001:db8::/129',
  '::ffff:192.0.2.0/24',
  'fe80::1%eth0',
  'localhost',
  '192.0.2.1:80',
  ' 192.0.2.1',
])('%j is no network', (text) => expect(parseNetwork(text)).toBeNull());

it('spells a network in one way', () => {
  for (const [text, spelled] of [
    ['2001:0DB8:0:0::/32', '2001:db8::/32'],
    ['192.0.2.1/32', '192.0.2.1'],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
    ['2001:db8::1/128', '2001:db8::1'],
  ] as const)
    expect(showNetwork(network(text))).toBe(spelled);
});

it('covers what lies inside, and nothing wider or beside', () => {
  expect(covers(network('10.0.0.0/8'), network('10.1.0.0/16'))).toBe(true);
  expect(covers(network('10.0.0.0/8'), network('10.0.0.0/8'))).toBe(true);
  expect(covers(network('10.1.0.0/16'), network('10.0.0.0/8'))).toBe(false);
  expect(covers(network('10.0.0.0/8'), network('11.0.0.0/16'))).toBe(false);
  expect(covers(network('0.0.0.0/0'), network('::/0'))).toBe(false);
});

it('agrees with arithmetic on IPv4', () => {
  const octets = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 255 })));
  const asNumber = (parts: number[]) => parts.reduce((sum, part) => sum * 256 + part, 0);
  fc.assert(
    fc.property(octets, octets, fc.integer({ min: 0, max: 32 }), (base, other, bits) => {
      const size = 2 ** (32 - bits);
      const start = Math.floor(asNumber(base) / size) * size;
      const text = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256).join('.');
      const inside = Math.floor(asNumber(other) / size) * size === start;
      expect(holds(network(`${text}/${bits}`), address(other.join('.')))).toBe(inside);
    }),
  );
});
