import { expect, it } from 'vitest';
import { indexAll } from '../../src/features/search/index.ts';
import type { Actor } from '../../src/operations/context.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { newId } from '../../src/platform/ids.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { RightsWorld } from '../kit/rights.ts';

interface Page {
  data: { message: { id: string; text: { body: string } }; highlights: { snippet: string }[] }[];
  hasMore: boolean;
  nextCursor: string | null;
}

/** A workspace whose messages are found. */
class Searched {
  readonly db: Db;
  readonly caller: Caller;
  readonly deviceId: string;

  private constructor(db: Db, caller: Caller, deviceId: string) {
    this.db = db;
    this.caller = caller;
    this.deviceId = deviceId;
  }

  static async create(db: Db): Promise<Searched> {
    const caller = await Caller.create(db);
    return new Searched(db, caller, await caller.device());
  }

  async send(text: string, { to = '+15550001234', deviceId = this.deviceId } = {}): Promise<Record<string, string>> {
    const body = { deviceId, to, type: 'text', text: { body: text }, requireOnline: false };
    return JSON.parse(String((await this.caller.call('messages.send', { body })).body));
  }

  async sendAll(texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.send(text);
    await indexed(this.db);
  }

  async page(query: Record<string, unknown>, actor?: Actor): Promise<Page> {
    const reply = await this.caller.call('messages.search', { query }, actor ? { actor } : {});
    return JSON.parse(String(reply.body));
  }

  async find(q: string, filters: Record<string, unknown> = {}): Promise<string[]> {
    const { data } = await this.page({ q, order: 'asc', ...filters });
    return data.map(({ message }) => message.text.body);
  }

  async contacts(q: string): Promise<string[]> {
    const reply = await this.caller.call('contacts.list', { query: { q } });
    return JSON.parse(String(reply.body)).data.map((row: { phone: string }) => row.phone);
  }
}

// What commits while another transaction is open waits for its end: other suites share the server.
async function indexed(db: Db): Promise<void> {
  await expect
    .poll(
      async () => {
        await indexAll(db);
        const rows = await db.query(
          `select 1 from message m where not exists (
             select 1 from search_entry e where e.workspace_id = m.workspace_id and e.subject_id = m.id)
           union all select 1 from contact c where not exists (
             select 1 from search_entry e where e.workspace_id = c.workspace_id and e.subject_id = c.id)`,
        );
        return rows.length;
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBe(0);
}

const TEXTS = [
  'Your orders have been shipped',
  'Die Häuser wurden gestern verkauft',
  'Los niños jugaban en los jardines',
  'As encomendas chegaram às estações',
  'Les commandes étaient livrées aux magasins',
  'Документы были отправлены вчера',
  'تم إرسال الطلبات اليوم',
  'ההזמנה שלך בדרך',
  '私は東京都に住んでいます',
  '订单已经发货了',
  '주문하신 상품이 도착했습니다',
  'สวัสดีครับ ขอบคุณมาก',
];

describeEachDb('the search', (database) => {
  it('finds forms of words in several languages, exact words and beginnings in every script, parts of unspaced text', async () => {
    const world = await Searched.create(database().db);
    await world.sendAll(TEXTS);
    const finds = async (q: string, at: number) => expect([q, await world.find(q)]).toEqual([q, [TEXTS[at]]]);
    for (const q of ['order', 'ORDERED', 'shipping']) await finds(q, 0);
    for (const q of ['haus', 'Häusern', 'hauser', 'verkaufte']) await finds(q, 1);
    for (const q of ['niño', 'nino', 'jardín']) await finds(q, 2);
    for (const q of ['encomenda', 'chegar', 'estacoes']) await finds(q, 3);
    for (const q of ['commande', 'livrée', 'magasin']) await finds(q, 4);
    for (const q of ['документ', 'отправл*', 'Документы']) await finds(q, 5);
    for (const q of ['الطلبات', 'الطلب*', 'إرسال', 'ارسال']) await finds(q, 6);
    for (const q of ['ההזמנה', 'הזמ* OR ההז*']) await finds(q, 7);
    for (const q of ['東京', '京都', '東', '住んで']) await finds(q, 8);
    for (const q of ['订单', '发货']) await finds(q, 9);
    for (const q of ['상품', '도착']) await finds(q, 10);
    for (const q of ['ขอบคุณ', 'คุณมาก']) await finds(q, 11);
    for (const q of ['東都', 'zebra', 'der']) expect(await world.find(q)).toEqual([]);
  });

  it('holds to phrases, exclusions and alternatives, and takes every text as a query', async () => {
    const world = await Searched.create(database().db);
    await world.sendAll(['red apple pie', 'apple red', 'green apple', 'pear']);
    expect(await world.find('"red apple"')).toEqual(['red apple pie']);
    expect(await world.find('apple -red')).toEqual(['green apple']);
    expect(await world.find('apple -"red apple"')).toEqual(['apple red', 'green apple']);
    expect(await world.find('pie OR pear')).toEqual(['red apple pie', 'pear']);
    expect(await world.find('-apple')).toEqual(['pear']);
    expect(await world.find('green app*')).toEqual(['green apple']);
    for (const q of ['"', '-', `' & | ! :* <-> \\`, '(((', 'a:b:*', '@wapple', "'@", '%', '\u{1F600}'])
      expect(await world.find(q), q).toEqual([]);
    const bad = world.find('w '.repeat(17));
    await expect(bad).rejects.toThrow(expect.objectContaining({ code: 'VALIDATION_ERROR', param: 'q' }));
  });

  it('is narrowed by device, conversation, contact, direction, kind and time', async () => {
    const { db } = database();
    const world = await RightsWorld.create(db);
    const search = async (query: object) => {
      const { data } = await world.ask('messages.search', { query: { q: 'hello', ...query } });
      return [data].flat().map((row) => Object(row).message);
    };
    const ada = { phone: '+4915550003333' };
    await world.arrive(ada, 'hello in chat');
    await world.arrive(ada, 'hello in group', undefined, '120363000000000009@g.us');
    await world.arrive({ phone: '+4915550004444' }, 'hello of another');
    const body = { deviceId: world.device.deviceId, to: ada.phone, type: 'text', text: { body: 'hello out' } };
    await world.ask('messages.send', { body });
    await indexed(db);
    const all = await search({});
    expect(all.map((m) => m.text.body)).toEqual(['hello out', 'hello of another', 'hello in group', 'hello in chat']);
    const bodies = async (query: object) => (await search(query)).map((m) => m.text.body);
    expect(await bodies({ contactId: await world.contactId(ada.phone) })).toEqual([
      'hello out',
      'hello in group',
      'hello in chat',
    ]);
    expect(await bodies({ direction: 'outbound' })).toEqual(['hello out']);
    expect(await bodies({ conversationId: all[1].conversationId })).toEqual(['hello of another']);
    expect(await bodies({ deviceId: newId('dev') })).toEqual([]);
    expect(await bodies({ type: 'image' })).toEqual([]);
    expect(await bodies({ to: all[2].createdAt })).toEqual(['hello in chat']);
    expect(await bodies({ from: all[1].createdAt })).toEqual(['hello out', 'hello of another']);
  });

  it('pages through everything found once, in both orders, over many segments while messages arrive', async () => {
    const { db } = database();
    const world = await Searched.create(db);
    const sent: string[] = [];
    for (let i = 0; i < 30; i += 1) sent.push(String((await world.send(`needle ${i}`))['id']));
    await indexed(db);
    // Full after every fifth: what stands in the table is what the indexer goes by.
    await db.query(`delete from search_entry where workspace_id = $1 and kind = 'message'`, [world.caller.workspaceId]);
    await db.query(`delete from search_segment where workspace_id = $1 and kind = 'message'`, [
      world.caller.workspaceId,
    ]);
    for (let i = 0; i < 30; i += 1) {
      await db.query(`update message set tx = pg_current_xact_id() where workspace_id = $1 and id = $2`, [
        world.caller.workspaceId,
        sent[i] ?? '',
      ]);
      await expect.poll(() => indexAll(db), { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
      if (i % 5 === 4)
        await db.query('update search_segment set entries = 10000 where workspace_id = $1', [world.caller.workspaceId]);
    }
    const segments = await db.query('select 1 from search_segment where workspace_id = $1 and kind = $2', [
      world.caller.workspaceId,
      'message',
    ]);
    expect(segments.length).toBe(6);
    for (const order of ['asc', 'desc'] as const) {
      const seen: string[] = [];
      let cursor: string | undefined;
      for (;;) {
        const page = await world.page({ q: 'needle', limit: 7, order, ...(cursor ? { cursor } : {}) });
        seen.push(...page.data.map(({ message }) => message.id));
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
        if (order === 'desc') await world.send('needle later');
      }
      expect(seen).toEqual(order === 'asc' ? sent : sent.toReversed());
    }
    const { nextCursor } = await world.page({ q: 'needle', limit: 1 });
    await expect(world.page({ q: 'other', limit: 1, cursor: nextCursor })).rejects.toThrow(
      expect.objectContaining({ code: 'VALIDATION_ERROR', param: 'cursor' }),
    );
  });

  it('shows a workspace its own alone, and a limited key its devices’', async () => {
    const { db } = database();
    const [mine, theirs] = [await Searched.create(db), await Searched.create(db)];
    const other = await mine.caller.device();
    await mine.send('secret of one');
    await mine.send('secret of two', { deviceId: other });
    await theirs.send('secret of others');
    await indexed(db);
    expect(await mine.find('secret')).toEqual(['secret of one', 'secret of two']);
    const limited = {
      kind: 'api_key',
      id: newId('key'),
      scopes: ['*'],
      devices: [other],
      ips: null,
      expiresAt: null,
    } as const;
    const { data } = await mine.page({ q: 'secret' }, limited);
    expect(data.map(({ message }) => message.text.body)).toEqual(['secret of two']);
    // The wall is not the template's: a tenant cannot ask in another's name, nor read the index.
    const tenant = db.within(mine.caller.workspaceId);
    const hits = `select * from search_hits($1, 'message', '''@wsecret''', '', 'zzzz', true, 10, null, null)`;
    expect(await tenant.query(hits, [theirs.caller.workspaceId])).toEqual([]);
    await expect(tenant.query('select * from search_entry')).rejects.toThrow(/permission denied/);
  });

  it('finds contacts by beginnings of names and by any digits of their number', async () => {
    const { db } = database();
    const world = await Searched.create(db);
    for (const to of ['+4915123456789', '+5511987654321']) await world.send('x', { to });
    const name = async (phone: string, text: string) =>
      db.query('update contact set name = $3 where workspace_id = $1 and phone = $2', [
        world.caller.workspaceId,
        phone,
        text,
      ]);
    await name('+4915123456789', 'José Müller');
    await indexed(db);
    for (const q of ['jos', 'mull jose', 'JOSÉ', '+49 151 234', '0151 23456789', '3456', '+4915123456789'])
      expect([q, await world.contacts(q)]).toEqual([q, ['+4915123456789']]);
    expect(await world.contacts('ose')).toEqual([]);
    expect((await world.contacts('-zebra')).length).toBe(2);
    await name('+4915123456789', 'Renamed');
    expect(await world.contacts('jose')).toEqual([]);
    await indexed(db);
    expect(await world.contacts('renamed')).toEqual(['+4915123456789']);
  });
});

describeEachDb('the index', (database) => {
  const words = (db: Db, workspaceId: string) =>
    db.query<{ words: string }>('select words::text from search_entry where workspace_id = $1', [workspaceId]);

  it('loses what is deleted or rewritten at once, and takes the new words', async () => {
    const { db } = database();
    const world = await Searched.create(db);
    const kept = await world.send('first words');
    const gone = await world.send('doomed words');
    await indexed(db);
    const { workspaceId } = world.caller;
    await db.query('delete from message where workspace_id = $1 and id = $2', [workspaceId, gone['id'] ?? '']);
    expect(JSON.stringify(await words(db, workspaceId))).not.toContain('doomed');
    await db.query(
      `update message set content = '{"text":{"body":"second words"}}' where workspace_id = $1 and id = $2`,
      [workspaceId, kept['id'] ?? ''],
    );
    expect(await world.find('first')).toEqual([]);
    await indexed(db);
    expect(await world.find('second')).toEqual(['second words']);
  });

  it('follows a message into the chat and to the sender that it is made part of', async () => {
    const { db } = database();
    const searched = await Searched.create(db);
    await searched.sendAll(['moved words']);
    const kept = await searched.send('others', { to: '+15550001299' });
    await db.query(
      `update message set conversation_id = $2, sender_id = $3 where workspace_id = $1 and content ->> 'text' like '%moved%'`,
      [searched.caller.workspaceId, kept['conversationId'] ?? '', kept['contactId'] ?? ''],
    );
    await indexed(db);
    const { conversationId, contactId } = kept;
    expect(await searched.find('moved', { conversationId })).toEqual(['moved words']);
    expect(await searched.find('moved', { contactId })).toEqual(['moved words']);
  });

  it('passes over nothing that commits late, and writes nothing twice', async () => {
    const { db } = database();
    const world = await Searched.create(db);
    await Promise.all(Array.from({ length: 40 }, (_, i) => world.send(`needle ${i}`)));
    await Promise.allSettled([indexAll(db), indexAll(db), indexAll(db)]);
    await indexed(db);
    expect((await world.find('needle', { limit: 100 })).length).toBe(40);
    const counted = await db.query<{ entries: number }>(
      `select sum(entries)::int as entries from search_segment where workspace_id = $1 and kind = 'message'`,
      [world.caller.workspaceId],
    );
    expect(counted).toEqual([{ entries: 40 }]);
  });

  it('takes in what was there before it, and heals after a restore that counts transactions anew', async () => {
    const { db } = database();
    const world = await Searched.create(db);
    await world.send('ancient words');
    await db.query('update message set tx = null where workspace_id = $1', [world.caller.workspaceId]);
    await db.query(`update search_cursor set backfill_workspace = '', backfill_id = '' where kind = 'message'`);
    await indexed(db);
    expect(await world.find('ancient')).toEqual(['ancient words']);
    await db.query(`update search_cursor set tx = '9000000000000' where kind = 'message'`);
    await world.send('words after');
    await indexed(db);
    expect(await world.find('words')).toEqual(['ancient words', 'words after']);
  });
});

describeEachDb('the rights of people', (database) => {
  it('hold for the index: an erased contact’s words and number leave it in the step that erases', async () => {
    const { db } = database();
    const world = await RightsWorld.create(db);
    await world.arrive({ phone: '+4915550005555' }, 'palimpsest words', 'Zenobia');
    await world.arrive({ phone: '+4915550006666' }, 'kept words', 'Ben');
    await indexed(db);
    const dump = async () =>
      JSON.stringify(
        await db.query('select words::text from search_entry where workspace_id = $1', [world.workspaceId]),
      );
    for (const text of ['palimpsest', 'zenobia', '4915550005555']) expect(await dump()).toContain(text);
    const contactId = await world.contactId('+4915550005555');
    await world.finish(String((await world.ask('contacts.erase', { params: { contactId } }))['id']));
    for (const text of ['palimpsest', 'zenobia', '4915550005555', contactId]) expect(await dump()).not.toContain(text);
    expect(await dump()).toContain('kept');
  });
});
