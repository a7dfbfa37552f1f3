import type { Json } from '../kit/api.ts';
import { PIXEL } from '../kit/media.ts';

const PICTURE = { base64: PIXEL.toString('base64') };

/** The phones of the workspace that strangers ask for. */
export const SHOP = '+15550001000';
export const CUSTOMER = '+15550002000';

/** Valid bodies of the operations that take one. */
export const BODIES: Record<string, Json> = {
  'messages.edit': { text: { body: 'Not mine' } },
  'messages.forward': { to: CUSTOMER },
  'devices.create': { label: 'Mine', network: 'sandbox' },
  'members.invite': { email: 'someone@example.com', role: 'viewer' },
  'members.changeRole': { role: 'viewer' },
  'devices.update': { label: 'Stolen' },
  'workspaces.create': { name: 'Mine' },
  'workspaces.update': { suspended: true },
  'devices.link': { method: 'qr' },
  'sandbox.createPhone': { phone: '+15550009000' },
  'sandbox.scan': { qr: '2@abcdefghij,klmnop,qrstuv,wxyz' },
  'sandbox.typeCode': { code: 'ABCD-1234' },
  'sandbox.sendFromPhone': { to: SHOP, text: 'Not mine' },
  'sandbox.read': { id: 'ABC' },
  'sandbox.setOnline': { online: false },
  'sandbox.createGroup': { subject: 'Mine', phones: [SHOP] },
  'sandbox.renameGroup': { phone: CUSTOMER, subject: 'Stolen' },
  'sandbox.changeGroupMembers': { phone: SHOP, action: 'remove', members: [CUSTOMER] },
  'sandbox.leaveGroup': { phone: CUSTOMER },
  'sandbox.joinGroup': { link: 'AbCdEf123456' },
  'sandbox.typing': { to: SHOP, state: 'composing' },
  'devices.subscribePresence': { contactId: 'con_01jd8k3v5q7w9x2y4z6a8b0c1d' },
  'sandbox.setOnlyByInvite': { on: true },
  'sandbox.setFaults': { nack: 479 },
  'sandbox.disrupt': { kind: 'drop' },
  'sandbox.call': { to: SHOP },
  'sandbox.endCall': { how: 'hang_up' },
  'keys.create': { name: 'Mine', scopes: ['keys:write'] },
  'keys.update': { name: 'Stolen' },
  'keys.rotate': {},
  'keys.endRotation': { keep: 'new' },
  'conversations.typing': { state: 'composing' },
  'devices.setPresence': { state: 'available' },
  'devices.checkNumbers': { phones: [CUSTOMER] },
  'devices.updateProfile': { about: 'Stolen' },
  'devices.setPicture': PICTURE,
  'groups.setPicture': PICTURE,
  'sandbox.setPicture': PICTURE,
  'devices.block': { contactId: 'con_01jd8k3v5q7w9x2y4z6a8b0c1d' },
  'media.fetch': { url: 'http://127.0.0.1/none.png' },
  'media.createLink': { expiresIn: 60 },
  'events.createStreamToken': {},
  'templates.create': { name: 'mine', language: 'en', type: 'text', text: { body: 'Hello {{name}}' } },
  'templates.update': { name: 'stolen' },
  'templates.preview': { variables: { name: 'Ada' } },
  'messages.postStatus': { text: { body: 'Not mine' } },
  'groups.create': { deviceId: 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d', subject: 'Mine', members: [CUSTOMER] },
  'groups.join': { deviceId: 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d', link: 'AbCdEf123456' },
  'groups.update': { subject: 'Stolen' },
  'groups.changeMembers': { action: 'add', members: [CUSTOMER] },
  'groups.decideJoinRequests': { decision: 'approve', members: [CUSTOMER] },
};
