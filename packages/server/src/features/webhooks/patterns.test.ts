import { expect, it } from 'vitest';
import { EVENT_PATTERN, isWanted, laneOf, matchesType } from './patterns.ts';

it('takes all types, all of a kind, or one', () => {
  expect(matchesType(['*'], 'message.received')).toBe(true);
  expect(matchesType(['message.*'], 'message.received')).toBe(true);
  expect(matchesType(['message.received'], 'message.received')).toBe(true);
  expect(matchesType(['message.*'], 'messages.received')).toBe(false);
  expect(matchesType(['message.sent', 'device.*'], 'message.received')).toBe(false);
});

it.each(['', 'message', 'message.', '.received', 'message.*.x', '**', 'Message.Sent', 'message.sent '])(
  'does not take %j for a pattern',
  (text) => expect(EVENT_PATTERN.test(text)).toBe(false),
);

it('gives an endpoint of some devices the events of those alone', () => {
  const filter = { events: ['*'], deviceIds: ['dev_a'] };
  expect(isWanted(filter, { type: 'message.sent', device_id: 'dev_a' })).toBe(true);
  expect(isWanted(filter, { type: 'message.sent', device_id: 'dev_b' })).toBe(false);
  expect(isWanted(filter, { type: 'key.created', device_id: null })).toBe(false);
  expect(isWanted({ events: ['*'], deviceIds: null }, { type: 'key.created', device_id: null })).toBe(true);
});

it('puts events of one chat into one lane, others by their device, and those of none together', () => {
  const lane = (data: unknown, device_id: string | null = 'dev_a') => laneOf({ data, device_id });
  expect(lane({ message: { conversationId: 'cnv_a' } })).toBe('cnv_a');
  expect(lane({ conversationId: 'cnv_b' })).toBe('cnv_b');
  expect(lane({ conversation: { id: 'cnv_c' } })).toBe('cnv_c');
  expect(lane({ message: null })).toBe('dev_a');
  expect(lane('nonsense', null)).toBe('');
});
