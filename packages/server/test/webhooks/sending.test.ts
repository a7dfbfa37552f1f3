import { expect, it } from 'vitest';
import { newId } from '../../src/platform/ids.ts';
import { describeEachDb } from '../kit/db.ts';
import { hookScene } from '../kit/hook-scene.ts';
import { attemptsOf, HookWorld } from '../kit/hooks.ts';

const HOUR_MS = 3_600_000;

describeEachDb('webhooks', (database) => {
  const scene = hookScene(database);

  it('get every event they want once, in the order of the log, from their creation on', async () => {
    await scene.world.tell(3);
    const { id } = await scene.world.hook(scene.receiver.url('/all'));
    await scene.world.tell(150);
    await scene.world.tell(5, { type: 'other.happened' });
    await using _node = scene.world.node();
    const got = await scene.receiver.until('/all', 150);
    await scene.world.until(id, (rows) => rows.length === 100 && rows.every(({ state }) => state === 'delivered'));
    await expect.poll(() => scene.world.counts(id), { timeout: 20_000 }).toEqual({ delivered: 150 });
    const ids = got.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(150);
    expect(
      got.every(({ json }) => json['type'] === 'test.happened' && json['workspaceId'] === scene.world.workspaceId),
    ).toBe(true);
    // What was not wanted was passed over, and nothing of it is kept.
    const { cursor_tx: at } = await scene.world.row(id);
    expect(BigInt(at)).toBeGreaterThan(0n);
    expect(scene.receiver.at('/all')).toHaveLength(150);
  });

  it('get the events of their devices alone, and headers of their own that replace none of ours', async () => {
    const [mine, other] = [newId('dev'), newId('dev')];
    await scene.world.hook(scene.receiver.url('/device'), { deviceIds: [mine], headers: { 'X-Shop': 'main' } });
    for (const deviceId of [other, mine, null]) await scene.world.tell(1, { deviceId });
    await using node = scene.world.node();
    const [first] = await scene.receiver.until('/device', 1);
    expect(first?.json['deviceId']).toBe(mine);
    expect(first?.headers).toMatchObject({
      'x-shop': 'main',
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^WAPing\//),
    });
    node.wake();
    await scene.world.tell(1, { deviceId: mine });
    await scene.receiver.until('/device', 2);
    expect(scene.receiver.at('/device').map(({ json }) => json['deviceId'])).toEqual([mine, mine]);
  });

  it('get nothing before they have echoed a challenge, and then all since their creation', async () => {
    scene.receiver.echoes = false;
    const { id } = await scene.world.hook(scene.receiver.url('/new'), { verified: false });
    await scene.world.tell(2);
    await using node = scene.world.node();
    await expect
      .poll(async () => (await scene.world.row(id)).last_error ?? '', { timeout: 20_000 })
      .toContain('does not echo');
    expect((await scene.world.row(id)).state).toBe('unverified');
    expect(scene.receiver.at('/new')).toEqual([]);
    scene.receiver.echoes = true;
    scene.world.pass(10_000);
    node.wake();
    await scene.receiver.until('/new', 2);
    expect((await scene.world.row(id)).state).toBe('active');
    expect(scene.receiver.challenges).toHaveLength(2);
    const said = scene.receiver.challenges.map(({ json }) => String(json['challenge']));
    for (const token of said) expect(token).toMatch(new RegExp(`^${id}\\.\\d+\\.[\\w-]{43}$`));
  });

  it('are challenged at once, however much others are sent', async () => {
    await scene.world.hook(scene.receiver.url('/busy'));
    await scene.world.tell(3_000);
    await using _node = scene.world.node();
    await scene.receiver.until('/busy', 50);
    const { id } = await scene.world.hook(scene.receiver.url('/new'), { verified: false });
    await expect.poll(async () => (await scene.world.row(id)).state, { timeout: 60_000, interval: 10 }).toBe('active');
    expect(scene.receiver.at('/busy').length).toBeLessThan(3_000);
  });

  it('are tried ten times over three days, whatever fails, and then given up', async () => {
    scene.receiver.behaviours.set('/down', (response) => response.writeHead(500).end('no'));
    const { id } = await scene.world.hook(scene.receiver.url('/down'));
    await scene.world.tell(1);
    await using node = scene.world.node({ pauseAfterMs: 1_000 * HOUR_MS });
    for (const [at, seconds] of [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].entries()) {
      const [row] = await scene.world.until(id, ([one]) => attemptsOf(one).length === at + 1);
      const wait = (Date.parse(String(row?.['nextAttemptAt'])) - scene.world.now().getTime()) / 1_000;
      expect(wait).toBeLessThanOrEqual(seconds * 1.1);
      expect(wait).toBeGreaterThan(seconds * 0.9 - 5);
      scene.world.pass(seconds * 1_100);
      node.wake();
    }
    const [row] = await scene.world.until(id, ([one]) => one?.['state'] === 'failed');
    expect(row).toMatchObject({ failures: 10, nextAttemptAt: null });
    expect(attemptsOf(row)[0]).toMatchObject({ status: 500, error: 'answered 500', answer: 'no' });
    expect(scene.receiver.at('/down')).toHaveLength(10);
    expect(new Set(scene.receiver.at('/down').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('are disabled by a 410, and by nothing else', async () => {
    scene.receiver.behaviours.set('/gone', (response) => response.writeHead(410).end());
    const { id } = await scene.world.hook(scene.receiver.url('/gone'));
    await scene.world.tell(1);
    await using node = scene.world.node();
    await expect.poll(async () => (await scene.world.row(id)).state, { timeout: 20_000 }).toBe('disabled');
    await scene.world.tell(3);
    node.wake();
    await expect.poll(() => scene.world.changes.map(({ state }) => state), { timeout: 20_000 }).toEqual(['disabled']);
    expect(await scene.world.counts(id)).toEqual({ failed: 1 });
    scene.receiver.behaviours.delete('/gone');
    await scene.world.ask('webhooks.resume', { params: { webhookId: id }, body: {} });
    node.wake();
    await scene.receiver.until('/gone', 4);
  });

  it('are left alone for as long as they ask, up to an hour', async () => {
    scene.receiver.behaviours.set('/busy', (response) => response.writeHead(429, { 'retry-after': '600' }).end());
    const { id } = await scene.world.hook(scene.receiver.url('/busy'));
    await scene.world.tell(4);
    await using node = scene.world.node();
    await scene.world.until(id, (rows) => rows.some((row) => attemptsOf(row).length === 1));
    const asked = scene.receiver.at('/busy').length;
    scene.world.pass(500_000);
    node.wake();
    await scene.world.tell(1);
    await scene.world.until(id, (rows) => rows.length === 5);
    expect(scene.receiver.at('/busy')).toHaveLength(asked);
    scene.receiver.behaviours.delete('/busy');
    scene.world.pass(200_000);
    node.wake();
    await scene.world.until(id, (rows) => rows.every(({ state }) => state === 'delivered'));
  });

  it('in ordered mode get the events of a chat one after the other, and wait for one that fails', async () => {
    let fails = true;
    const order: string[] = [];
    scene.receiver.behaviours.set('/ordered', (response, { json }) => {
      const data = Object(json['data']);
      order.push(`${data.conversationId}/${data.n}`);
      if (data.conversationId === 'cnv_a' && data.n === 2 && fails) response.writeHead(500).end();
      else response.writeHead(200).end();
    });
    const { id } = await scene.world.hook(scene.receiver.url('/ordered'), { ordered: true });
    await scene.world.tell(5, { chat: 'cnv_a' });
    await scene.world.tell(5, { chat: 'cnv_b' });
    await using node = scene.world.node();
    await scene.world.until(id, (rows) => rows.filter(({ state }) => state === 'delivered').length === 7);
    expect(order.filter((one) => one.startsWith('cnv_a'))).toEqual(['cnv_a/0', 'cnv_a/1', 'cnv_a/2']);
    fails = false;
    scene.world.pass(10_000);
    node.wake();
    await scene.world.until(id, (rows) => rows.length === 10 && rows.every(({ state }) => state === 'delivered'));
    const of = (chat: string) => order.filter((one) => one.startsWith(chat)).map((one) => one.slice(-1));
    expect(of('cnv_a')).toEqual(['0', '1', '2', '2', '3', '4']);
    expect(of('cnv_b')).toEqual(['0', '1', '2', '3', '4']);
  });

  it('that are dead delay no other, of the same workspace or another', async () => {
    for (let n = 0; n < 30; n++) {
      scene.receiver.behaviours.set(`/dead/${n}`, () => undefined);
      await scene.world.hook(scene.receiver.url(`/dead/${n}`));
    }
    const other = await HookWorld.create(database().db);
    const healthy = await scene.world.hook(scene.receiver.url('/healthy'));
    await other.hook(scene.receiver.url('/other'));
    for (const one of [scene.world, other]) await one.tell(60);
    const bounds = { total: 16, each: 12, slow: 16, slowEach: 12, slowMs: 50, window: 8 };
    await using _node = scene.world.node({
      bounds,
      limits: scene.world.onlyFor(other),
      open: async (workspaceId, sealed, context) =>
        (workspaceId === scene.world.workspaceId ? scene.world : other).dataKeys.open(workspaceId, sealed, context),
    });
    await Promise.all([scene.receiver.until('/healthy', 60), scene.receiver.until('/other', 60)]);
    // Of the 1,800 that wait for the dead ones, each of which takes a place for a second.
    expect(scene.receiver.received.filter(({ path }) => path.startsWith('/dead')).length).toBeLessThan(300);
    await scene.world.until(healthy.id, (rows) => rows.every(({ state }) => state === 'delivered'));
  });

  it('are shared by nodes: nothing is sent twice, and what a dead node held is taken over', async () => {
    const { id } = await scene.world.hook(scene.receiver.url('/shared'));
    await scene.world.tell(120);
    {
      await using _one = scene.world.node();
      await using _two = scene.world.node();
      await scene.receiver.until('/shared', 120);
      await expect.poll(() => scene.world.counts(id), { timeout: 20_000 }).toEqual({ delivered: 120 });
    }
    expect(scene.receiver.at('/shared')).toHaveLength(120);
    await scene.world.tell(1);
    // As a node leaves it that dies with a delivery in hand.
    await using node = scene.world.node();
    await scene.receiver.until('/shared', 121);
    await expect.poll(() => scene.world.counts(id), { timeout: 20_000 }).toEqual({ delivered: 121 });
    await database().db.query(
      `update webhook_delivery set state = 'pending', locked_by = 'node_dead', locked_until = now() - interval '1 second'
       where workspace_id = $1 and webhook_id = $2 and position = (select max(position) from webhook_delivery
         where workspace_id = $1 and webhook_id = $2)`,
      [scene.world.workspaceId, id],
    );
    node.wake();
    await scene.receiver.until('/shared', 122);
  });

  it('of a workspace without API access, or one that is suspended, get nothing until that changes', async () => {
    await scene.world.hook(scene.receiver.url('/plan'));
    await scene.world.hook(scene.receiver.url('/never'), { verified: false });
    await scene.world.tell(1);
    let limits = { plan: 'free', devices: 1, outboundPerMonth: 1, apiAccess: false, suspended: false };
    let asked = 0;
    const of = async (workspaceId: string) => {
      asked += 1;
      return { ...limits, suspended: limits.suspended || workspaceId !== scene.world.workspaceId };
    };
    await using node = scene.world.node({ limits: { of } });
    await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(3);
    limits = { ...limits, apiAccess: true, suspended: true };
    const before = asked;
    await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(before + 2);
    expect([scene.receiver.received, scene.receiver.challenges]).toEqual([[], []]);
    limits = { ...limits, suspended: false };
    node.wake();
    await scene.receiver.until('/plan', 1);
  });
});
