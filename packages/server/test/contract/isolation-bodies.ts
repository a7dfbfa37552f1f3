import type { Json } from '../kit/api.ts';

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
  'keys.create': { name: 'Mine', scopes: ['keys:write'] },
  'keys.update': { name: 'Stolen' },
  'keys.rotate': {},
  'keys.endRotation': { keep: 'new' },
  'conversations.typing': { state: 'composing' },
  'devices.setPresence': { state: 'available' },
  'devices.checkNumbers': { phones: [CUSTOMER] },
  'devices.updateProfile': { about: 'Stolen' },
  'devices.block': { contactId: 'con_01jd8k3v5q7w9x2y4z6a8b0c1d' },
  'groups.create': { deviceId: 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d', subject: 'Mine', members: [CUSTOMER] },
  'groups.join': { deviceId: 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d', link: 'AbCdEf123456' },
  'groups.update': { subject: 'Stolen' },
  'groups.changeMembers': { action: 'add', members: [CUSTOMER] },
  'groups.decideJoinRequests': { decision: 'approve', members: [CUSTOMER] },
};
