import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { newId } from '../../src/platform/ids.ts';
import { describeEachDb } from '../kit/db.ts';
import { attemptsOf, HookWorld } from '../kit/hooks.ts';
import { Receiver } from '../kit/receiver.ts';

const HOUR_MS = 3_600_000;

describeEachDb('webhooks', (database) => {
  let receiver: Receiver;
  let world: HookWorld;
  beforeAll(async () => {
    receiver = await Receiver.start();
  });
  afterAll(() => receiver[Symbol.asyncDispose]());
  beforeEach(async () => {
    receiver.received.length = 0;
    receiver.challenges.length = 0;
    receiver.behaviours.clear();
    receiver.echoes = true;
    world = await HookWorld.create(database().db);
  });

  it('get every event they want once, in the order of the log, from their creation on', async () => {
    await world.tell(3);
    const { id } = await world.hook(receiver.url('/all'));
    await world.tell(150);
    await world.tell(5, { type: 'other.happened' });
    await using _node = world.node();
    const got = await receiver.until('/all', 150);
    await world.until(id, (rows) => rows.length === 100 && rows.every(({ state }) => state === 'delivered'));
    await expect.poll(() => world.counts(id), { timeout: 20_000 }).toEqual({ delivered: 150 });
    const ids = got.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(150);
    expect(got.every(({ json }) => json['type'] === 'test.happened' && json['workspaceId'] === world.workspaceId)).toBe(
      true,
    );
    // What was not wanted was passed over, and nothing of it is kept.
    const { cursor_tx: at } = await world.row(id);
    expect(BigInt(at)).toBeGreaterThan(0n);
    expect(receiver.at('/all')).toHaveLength(150);
  });

  it('get the events of their devices alone, and headers of their own that replace none of ours', async () => {
    const [mine, other] = [newId('dev'), newId('dev')];
    await world.hook(receiver.url('/device'), { deviceIds: [mine], headers: { 'X-Shop': 'main' } });
    for (const deviceId of [other, mine, null]) await world.tell(1, { deviceId });
    await using node = world.node();
    const [first] = await receiver.until('/device', 1);
    expect(first?.json['deviceId']).toBe(mine);
    expect(first?.headers).toMatchObject({
      'x-shop': 'main',
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^WAPing\//),
    });
    node.wake();
    await world.tell(1, { deviceId: mine });
    await receiver.until('/device', 2);
    expect(receiver.at('/device').map(({ json }) => json['deviceId'])).toEqual([mine, mine]);
  });

  it('get nothing before they have echoed a challenge, and then all since their creation', async () => {
    receiver.echoes = false;
    const { id } = await world.hook(receiver.url('/new'), { verified: false });
    await world.tell(2);
    await using node = world.node();
    await expect
      .poll(async () => (await world.row(id)).last_error ?? '', { timeout: 20_000 })
      .toContain('does not echo');
    expect((await world.row(id)).state).toBe('unverified');
    expect(receiver.at('/new')).toEqual([]);
    receiver.echoes = true;
    world.pass(10_000);
    node.wake();
    await receiver.until('/new', 2);
    expect((await world.row(id)).state).toBe('active');
    expect(receiver.challenges).toHaveLength(2);
    const said = receiver.challenges.map(({ json }) => String(json['challenge']));
    for (const token of said) expect(token).toMatch(new RegExp(`^${id}\\.\\d+\\.[\\w-]{43}$`));
  });

  it('are tried ten times over three days, whatever fails, and then given up', async () => {
    receiver.behaviours.set('/down', (response) => response.writeHead(500).end('no'));
    const { id } = await world.hook(receiver.url('/down'));
    await world.tell(1);
    await using node = world.node({ pauseAfterMs: 1_000 * HOUR_MS });
    for (const [at, seconds] of [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].entries()) {
      const [row] = await world.until(id, ([one]) => attemptsOf(one).length === at + 1);
      const wait = (Date.parse(String(row?.['nextAttemptAt'])) - world.now().getTime()) / 1_000;
      expect(wait).toBeLessThanOrEqual(seconds * 1.1);
      expect(wait).toBeGreaterThan(seconds * 0.9 - 5);
      world.pass(seconds * 1_100);
      node.wake();
    }
    const [row] = await world.until(id, ([one]) => one?.['state'] === 'failed');
    expect(row).toMatchObject({ failures: 10, nextAttemptAt: null });
    expect(attemptsOf(row)[0]).toMatchObject({ status: 500, error: 'answered 500', answer: 'no' });
    expect(receiver.at('/down')).toHaveLength(10);
    expect(new Set(receiver.at('/down').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('are disabled by a 410, and by nothing else', async () => {
    receiver.behaviours.set('/gone', (response) => response.writeHead(410).end());
    const { id } = await world.hook(receiver.url('/gone'));
    await world.tell(1);
    await using node = world.node();
    await expect.poll(async () => (await world.row(id)).state, { timeout: 20_000 }).toBe('disabled');
    await world.tell(3);
    node.wake();
    await expect.poll(() => world.changes.map(({ state }) => state), { timeout: 20_000 }).toEqual(['disabled']);
    expect(await world.counts(id)).toEqual({ failed: 1 });
    receiver.behaviours.delete('/gone');
    await world.ask('webhooks.resume', { params: { webhookId: id }, body: {} });
    node.wake();
    await receiver.until('/gone', 4);
  });

  it('are left alone for as long as they ask, up to an hour', async () => {
    receiver.behaviours.set('/busy', (response) => response.writeHead(429, { 'retry-after': '600' }).end());
    const { id } = await world.hook(receiver.url('/busy'));
    await world.tell(4);
    await using node = world.node();
    await world.until(id, (rows) => rows.some((row) => attemptsOf(row).length === 1));
    const asked = receiver.at('/busy').length;
    world.pass(500_000);
    node.wake();
    await world.tell(1);
    await world.until(id, (rows) => rows.length === 5);
    expect(receiver.at('/busy')).toHaveLength(asked);
    receiver.behaviours.delete('/busy');
    world.pass(200_000);
    node.wake();
    await world.until(id, (rows) => rows.every(({ state }) => state === 'delivered'));
  });

  it('in ordered mode get the events of a chat one after the other, and wait for one that fails', async () => {
    let fails = true;
    const order: string[] = [];
    receiver.behaviours.set('/ordered', (response, { json }) => {
      const data = Object(json['data']);
      order.push(`${data.conversationId}/${data.n}`);
      if (data.conversationId === 'cnv_a' && data.n === 2 && fails) response.writeHead(500).end();
      else response.writeHead(200).end();
    });
    const { id } = await world.hook(receiver.url('/ordered'), { ordered: true });
    await world.tell(5, { chat: 'cnv_a' });
    await world.tell(5, { chat: 'cnv_b' });
    await using node = world.node();
    await world.until(id, (rows) => rows.filter(({ state }) => state === 'delivered').length === 7);
    expect(order.filter((one) => one.startsWith('cnv_a'))).toEqual(['cnv_a/0', 'cnv_a/1', 'cnv_a/2']);
    fails = false;
    world.pass(10_000);
    node.wake();
    await world.until(id, (rows) => rows.length === 10 && rows.every(({ state }) => state === 'delivered'));
    const of = (chat: string) => order.filter((one) => one.startsWith(chat)).map((one) => one.slice(-1));
    expect(of('cnv_a')).toEqual(['0', '1', '2', '2', '3', '4']);
    expect(of('cnv_b')).toEqual(['0', '1', '2', '3', '4']);
  });

  it('that are dead delay no other, of the same workspace or another', async () => {
    for (let n = 0; n < 30; n++) {
      receiver.behaviours.set(`/dead/${n}`, () => undefined);
      await world.hook(receiver.url(`/dead/${n}`));
    }
    const other = await HookWorld.create(database().db);
    const healthy = await world.hook(receiver.url('/healthy'));
    await other.hook(receiver.url('/other'));
    for (const one of [world, other]) await one.tell(60);
    const bounds = { total: 16, each: 12, slow: 16, slowEach: 12, slowMs: 50, window: 8 };
    const from = Date.now();
    await using _node = world.node({
      bounds,
      limits: world.onlyFor(other),
      open: async (workspaceId, sealed, context) =>
        (workspaceId === world.workspaceId ? world : other).dataKeys.open(workspaceId, sealed, context),
    });
    await Promise.all([receiver.until('/healthy', 60), receiver.until('/other', 60)]);
    // All thirty dead ones one after the other would take half a minute of a second each.
    expect(Date.now() - from).toBeLessThan(15_000);
    await world.until(healthy.id, (rows) => rows.every(({ state }) => state === 'delivered'));
  });

  it('are shared by nodes: nothing is sent twice, and what a dead node held is taken over', async () => {
    const { id } = await world.hook(receiver.url('/shared'));
    await world.tell(120);
    {
      await using _one = world.node();
      await using _two = world.node();
      await receiver.until('/shared', 120);
      await expect.poll(() => world.counts(id), { timeout: 20_000 }).toEqual({ delivered: 120 });
    }
    expect(receiver.at('/shared')).toHaveLength(120);
    await world.tell(1);
    // As a node leaves it that dies with a delivery in hand.
    await using node = world.node();
    await receiver.until('/shared', 121);
    await expect.poll(() => world.counts(id), { timeout: 20_000 }).toEqual({ delivered: 121 });
    await database().db.query(
      `update webhook_delivery set state = 'pending', locked_by = 'node_dead', locked_until = now() - interval '1 second'
       where workspace_id = $1 and webhook_id = $2 and position = (select max(position) from webhook_delivery
         where workspace_id = $1 and webhook_id = $2)`,
      [world.workspaceId, id],
    );
    node.wake();
    await receiver.until('/shared', 122);
  });

  it('of a workspace without API access, or one that is suspended, get nothing until that changes', async () => {
    await world.hook(receiver.url('/plan'));
    await world.hook(receiver.url('/never'), { verified: false });
    await world.tell(1);
    let limits = { plan: 'free', devices: 1, outboundPerMonth: 1, apiAccess: false, suspended: false };
    let asked = 0;
    const of = async (workspaceId: string) => {
      asked += 1;
      return { ...limits, suspended: limits.suspended || workspaceId !== world.workspaceId };
    };
    await using node = world.node({ limits: { of } });
    await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(3);
    limits = { ...limits, apiAccess: true, suspended: true };
    const before = asked;
    await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(before + 2);
    expect([receiver.received, receiver.challenges]).toEqual([[], []]);
    limits = { ...limits, suspended: false };
    node.wake();
    await receiver.until('/plan', 1);
  });
});
