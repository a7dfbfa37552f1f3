import { expect, it } from 'vitest';
import { messageOf } from './message.ts';

const row = {
  workspace_id: 'ws_1',
  id: 'evt_1',
  device_id: 'dev_1',
  type: 'message.received',
  api_version: '2026-11-01',
  data: { message: { text: { body: 'ä'.repeat(400) } } },
  created_at: new Date('2026-01-31T12:00:00Z'),
  sequence: '42',
  tx: '700',
};
const envelope = {
  id: 'evt_1',
  type: 'message.received',
  createdAt: '2026-01-31T12:00:00.000Z',
  workspaceId: 'ws_1',
  deviceId: 'dev_1',
  sequence: 42,
  apiVersion: '2026-11-01',
};
const bodyOf = (bytes: number): unknown => JSON.parse(messageOf(row).bodyWithin(bytes).toString());

it('is the envelope that webhooks and streams get', () => {
  expect(bodyOf(10_000)).toEqual({ ...envelope, data: row.data });
});

it('says without its data what is too long for the broker, counted in bytes', () => {
  const bytes = messageOf(row).bodyWithin(10_000).length;
  expect(bytes).toBeGreaterThan(800);
  expect(bodyOf(bytes)).toEqual({ ...envelope, data: row.data });
  expect(bodyOf(bytes - 1)).toEqual({ ...envelope, data: {}, dataOmitted: true });
});
