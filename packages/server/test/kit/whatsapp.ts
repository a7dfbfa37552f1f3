import { randomInt } from 'node:crypto';
import type { AskName, Asks, GroupSnapshot } from '../../src/engine/asks.ts';

const newGroupId = (): string => `1203630${randomInt(1e10, 1e11)}`;

/** A group as a snapshot tells of it, with a subject no other has. */
export function groupOf(id: string, phones: readonly string[] = ['+15550004321']): GroupSnapshot {
  return {
    id,
    subject: `Group ${randomInt(1e9)}`,
    description: '',
    createdAt: 1_700_000_000_000,
    announce: false,
    locked: false,
    memberAdd: 'admins',
    joinApproval: false,
    ephemeralSeconds: 0,
    members: phones.map((phone) => ({ address: { kind: 'person', phone }, role: 'member' })),
  };
}

const PICTURE = '1732791600';

const AGREES: { [K in AskName]: (input: Asks[K]['input']) => Asks[K]['answer'] } = {
  markRead: () => null,
  chatState: () => null,
  rejectCall: () => null,
  presence: () => null,
  watchPresence: ({ ref, until }) => ({ ref, until, state: 'available', lastSeen: null }),
  unwatchPresence: () => null,
  watchedPresences: () => [],
  numbers: ({ phones }) => phones.map((phone) => ({ phone, exists: true, canonicalPhone: phone })),
  group: ({ id }) => groupOf(id),
  createGroup: () => ({ group: groupOf(newGroupId()), results: [] }),
  changeGroup: ({ id }) => groupOf(id),
  changeMembers: ({ id }) => ({ group: groupOf(id), results: [] }),
  groupInvite: () => ({ code: 'AbCdEf123456' }),
  joinGroup: () => {
    const group = groupOf(newGroupId());
    return { id: group.id, group };
  },
  joinRequests: () => [],
  decideJoinRequests: ({ id }) => ({ group: groupOf(id), results: [] }),
  leaveGroup: () => null,
  profile: () => ({ name: 'Test', about: null, pictureId: PICTURE }),
  changeProfile: () => null,
  // As to who has the picture already: there is no file to write.
  picture: () => ({ id: PICTURE, file: null }),
  changePicture: ({ path }) => ({ id: path === null ? null : PICTURE }),
  uploadMedia: () => ({ sealed: new Uint8Array(64), size: 1, sha256: '0'.repeat(64) }),
  downloadMedia: () => ({ size: 1, sha256: '0'.repeat(64) }),
  reuploadMedia: () => ({ sealed: new Uint8Array(64) }),
  blocked: () => [],
  block: () => null,
};

/** Stands where a node asks WhatsApp, for suites that call every operation and have no engine: it agrees to everything. */
export async function agreeing<K extends AskName>(
  _deviceId: string,
  name: K,
  input: Asks[K]['input'],
): Promise<Asks[K]['answer']> {
  return AGREES[name](input);
}
