import { expect, it } from 'vitest';
import { EVENT_TYPES } from '../../src/features/events/index.ts';
import { buildOpenApi } from '../../src/surfaces/http/openapi.ts';
import { type Json, objectOf } from '../kit/api.ts';
import { describedEvent, misfitsOf } from '../kit/events.ts';

const exampleOf = (type: string): Json => objectOf({ example: describedEvent(type)?.example }, 'example');

it('describes exactly the types of event there are', () => {
  expect(Object.keys(objectOf(buildOpenApi('any'), 'webhooks')).sort()).toEqual(Object.keys(EVENT_TYPES).sort());
});

it.each(Object.keys(EVENT_TYPES))('%s has an example that fits its schema', (type) => {
  const example = exampleOf(type);
  expect(example['type']).toBe(type);
  expect(misfitsOf(example)).toEqual([]);
});

it('would show what is not described, and what is missing', () => {
  const event = exampleOf('key.created');
  const data = objectOf(event, 'data');
  expect(misfitsOf({ ...event, data: { ...data, secret: 'x' } })).not.toEqual([]);
  expect(misfitsOf({ ...event, data: { keyId: data['keyId'] } })).not.toEqual([]);
  expect(misfitsOf({ ...event, type: 'key.forged' })).not.toEqual([]);
});

it('takes what is left of an event that was erased, or whose message was taken back', () => {
  const event = exampleOf('message.received');
  const message = { id: 'msg_01jd8k3v5q7w9x2y4z6a8b0c1d', direction: 'inbound', type: 'text', status: 'delivered' };
  expect(misfitsOf({ ...event, data: { erased: true } })).toEqual([]);
  expect(misfitsOf({ ...event, data: { erased: true, message } })).toEqual([]);
  expect(misfitsOf({ ...event, data: { erased: true, message: { ...message, text: { body: 'Hi' } } } })).not.toEqual(
    [],
  );
});
