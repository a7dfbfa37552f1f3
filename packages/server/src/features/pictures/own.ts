import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { IMAGE_ERRORS, pictureSchema, recordChange, removePicture, uploadPicture } from './change.ts';
import { pictureBody } from './image.ts';
import { askPicture, READING, shownPicture } from './read.ts';

const errors = ['NOT_FOUND', 'SESSION_DISCONNECTED', 'CONFLICT', 'RATE_LIMITED', 'SERVICE_UNAVAILABLE'] as const;
const path = '/v1/devices/{deviceId}/profile/picture';
const params = z.strictObject({ deviceId: pathId('dev', 'The device.') });

const changing = {
  tag: 'Devices',
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params,
  output: pictureSchema,
  mutates: true,
} as const;

export const getOwnPicture = defineOperation({
  ...READING,
  id: 'devices.getPicture',
  tag: 'Devices',
  summary: 'Get the picture of the account',
  description:
    'A JPEG, asked of WhatsApp. NOT_FOUND where the account has none. The ETag is another one with every change.',
  http: { method: 'GET', path, status: 200 },
  scope: 'devices:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params,
  errors,
  wire: (ctx, input) => askPicture(ctx, { ...input, of: null }),
  run: async (_ctx, { size }, answer) => shownPicture(answer, size),
});

export const setOwnPicture = defineOperation({
  ...changing,
  id: 'devices.setPicture',
  summary: 'Set the picture of the account',
  description:
    'Any JPEG, PNG or WebP: its middle is taken, square, at most 640 pixels a side, without what a camera wrote beside the pixels. A file WAPing has, one that is fetched now, or one in the body; it is not kept. SERVICE_UNAVAILABLE without WhatsApp’s answer: the picture may have changed.',
  http: { method: 'PUT', path, status: 200 },
  body: pictureBody,
  errors: [...errors, ...IMAGE_ERRORS],
  wire: (ctx, { deviceId, ...input }) => uploadPicture(ctx, { deviceId, of: null }, input),
  run: (ctx, { deviceId }, { id }) => recordChange(ctx, { deviceId, groupId: null }, id),
});

export const removeOwnPicture = defineOperation({
  ...changing,
  id: 'devices.removePicture',
  summary: 'Take the picture of the account away',
  description: 'Repeating it changes nothing.',
  http: { method: 'DELETE', path, status: 200 },
  errors,
  wire: (ctx, { deviceId }) => removePicture(ctx, { deviceId, of: null }),
  run: (ctx, { deviceId }, { id }) => recordChange(ctx, { deviceId, groupId: null }, id),
});
