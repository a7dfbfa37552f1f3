import { expect, it } from 'vitest';
import { findChatsByPhone } from '../../src/features/conversations/store.ts';
import { listMessageRows, type MessageFilter } from '../../src/features/messages/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { type OwnedDevice, ownedDevice, queued } from '../delivery/factories.ts';
import { describeEachDb } from '../kit/db.ts';
import { lookedAt, plansOf } from '../kit/plans.ts';

const MESSAGES = 3_000;
const CONTACTS = 2_000;
const LIMIT = 51;

interface History extends OwnedDevice {
  conversationId: string;
  middle: string;
}

/** Texts alone, all in one chat, as copies of one: statistics then know a single type, device and chat. */
async function longHistory(db: Db): Promise<History> {
  const device = await ownedDevice(db);
  const { id } = await queued(db, device, '+15552000001');
  await db.query(
    `insert into message (id, workspace_id, device_id, conversation_id, direction, wa_id, origin, type, content, status,
       status_rank, valid_until)
     select 'msg_' || lpad(n::text, 26, '0'), m.workspace_id, m.device_id, m.conversation_id, m.direction, md5(n::text),
       m.origin, m.type, m.content, m.status, m.status_rank, m.valid_until
     from message m, generate_series(1, $3::int) n where m.workspace_id = $1 and m.id = $2`,
    [device.workspaceId, id, MESSAGES],
  );
  await db.query('analyze message');
  await db.query('analyze conversation');
  const [row] = await db.query<{ conversation_id: string }>(
    'select conversation_id from message where workspace_id = $1 and id = $2',
    [device.workspaceId, id],
  );
  const middle = `msg_${String(MESSAGES / 2).padStart(26, '0')}`;
  return { ...device, conversationId: row?.conversation_id ?? '', middle };
}

const ALL = {
  deviceId: null,
  conversationId: null,
  direction: null,
  status: null,
  type: null,
  withChanges: false,
  clientRef: null,
  phone: null,
};

async function manyContacts(db: Db): Promise<OwnedDevice> {
  const device = await ownedDevice(db);
  await db.query(
    `with c as (
       insert into contact (id, workspace_id, phone) select 'con_' || md5($1 || n), $1, '+1556' || (1000000 + n)
       from generate_series(1, $3::int) n returning id)
     insert into conversation (id, workspace_id, device_id, kind, contact_id)
     select 'cnv_' || md5(id), $1, $2, 'person', id from c`,
    [device.workspaceId, device.deviceId, CONTACTS],
  );
  for (const table of ['contact', 'conversation']) await db.query(`analyze ${table}`);
  return device;
}

describeEachDb('the contact of a send, among many', (database) => {
  it('is found along an index, with its chat, behind the wall', async () => {
    const { db } = database();
    const { workspaceId, deviceId } = await manyContacts(db);
    const wanted = [{ workspaceId, deviceId, phone: '+15561000007' }];
    const found: unknown[] = [];
    const nodes = await db.within(workspaceId).tx(async (tx) => {
      found.push(...(await findChatsByPhone(tx, wanted)));
      return plansOf(tx, (asked) => findChatsByPhone(asked, wanted));
    });
    expect(found).toMatchObject([{ at: 0, phone: '+15561000007' }]);
    expect(lookedAt(nodes, 'contact').rows).toBe(1);
    expect(lookedAt(nodes, 'conversation').rows).toBeLessThanOrEqual(1);
  });
});

describeEachDb('the list of a long history', (database) => {
  it.each([
    ['newest', () => ({})],
    ['of a device', ({ deviceId }: History) => ({ deviceId })],
    ['of a conversation', ({ conversationId }: History) => ({ conversationId })],
    ['of a type', () => ({ type: 'text', withChanges: true })],
    ['of one direction', () => ({ direction: 'outbound' })],
  ] as const)('reads no more than a page, %s, with the plan made for any value', async (_which, wanted) => {
    const { db } = database();
    const history = await longHistory(db);
    const { workspaceId } = history;
    for (const after of [null, history.middle]) {
      for (const order of ['desc', 'asc'] as const) {
        const filter: MessageFilter = {
          ...ALL,
          ...wanted(history),
          workspaceId,
          page: { after, limit: LIMIT, order },
        };
        const nodes = await db.within(workspaceId).tx((tx) => plansOf(tx, (asked) => listMessageRows(asked, filter)));
        expect(lookedAt(nodes, 'message').rows).toBeLessThanOrEqual(LIMIT);
        expect(nodes.flatMap((node) => node['Sort Key'] ?? []).filter((key) => key.startsWith('m.'))).toEqual([]);
      }
    }
  });
});
