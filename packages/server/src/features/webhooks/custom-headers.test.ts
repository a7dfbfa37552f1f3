import { expect, it } from 'vitest';
import { headerFault, packHeaders, unpackHeaders } from './custom-headers.ts';

it.each([
  'Host',
  'webhook-id',
  'WEBHOOK-Signature',
  'content-type',
  'Transfer-Encoding',
  'proxy-authorization',
  'Connection',
  'user-agent',
])('does not let %s be replaced', (name) => {
  expect(headerFault({ [name]: 'x' })).toContain(name);
});

it.each([
  { 'X Y': 'a' },
  { '': 'a' },
  { 'X-A': 'a\r\nX-B: b' },
  { 'X-A': 'a\nb' },
  { 'X-A': 'ü' },
  { 'X-A': ' a' },
  { 'X-A': '1', 'x-a': '2' },
  Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`X-${n}`, 'a'])),
])('refuses %j', (headers) => {
  expect(headerFault(headers)).not.toBeNull();
});

it('takes others, and gives them back as they were', () => {
  const headers = { Authorization: 'Bearer abc def', 'X-Empty': '' };
  expect(headerFault(headers)).toBeNull();
  expect(unpackHeaders(packHeaders(headers))).toEqual(headers);
});
