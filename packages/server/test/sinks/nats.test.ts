import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SINK_POINTS } from '../../src/platform/fault-points.ts';
import { DATABASE_KINDS } from '../kit/db.ts';
import { NATS_PASSWORD, NatsServer } from '../kit/nats.ts';
import { idsOf, SinkWorld } from '../kit/sinks.ts';

describe.each(DATABASE_KINDS)('events that go to NATS from %s', (kind) => {
  let nats: NatsServer;
  let world: SinkWorld;

  beforeAll(async () => {
    nats = await NatsServer.start();
    world = await SinkWorld.start(kind, { WAPING_SINK_NATS_URL: nats.url });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await nats[Symbol.asyncDispose]();
  });

  /** What the stream holds, once it holds all of these. */
  async function storedWith(deviceIds: readonly string[]) {
    const missing = async () => {
      const there = new Set((await nats.stored()).map(({ json }) => json['deviceId']));
      return deviceIds.filter((id) => !there.has(id));
    };
    await expect.poll(missing, { timeout: 60_000 }).toEqual([]);
    return nats.stored();
  }

  it('are stored in the order of the log, each once, under its id, as readers of the log get them', async () => {
    const stored = await storedWith(await world.makeDevices(120));
    const log = await world.log();
    expect(stored.map(({ json }) => json)).toEqual(log);
    expect(stored.map(({ id }) => id)).toEqual(idsOf(log));
    const subjects = log.map((event) => `waping.${event['workspaceId']}.${event['type']}`);
    expect(stored.map(({ subject }) => subject)).toEqual(subjects);
    expect(await world.published('nats')).toMatchObject({ behindSeconds: 0, published: log.length, lastError: null });
  });

  it('wait in the log while the server is away, and are stored when it is back', async () => {
    await nats.kill();
    const made = await world.makeDevices(20);
    const away = await world.standing('nats', ({ state, behind }) => state === 'failing' && Number(behind) >= 20);
    expect(away['lastError']).toMatch(/refused|closed|ended/i);
    await nats.start();
    const stored = await storedWith(made);
    expect(stored.map(({ id }) => id)).toEqual(idsOf(await world.log()));
    expect(await world.published('nats')).toMatchObject({ failingSince: null, lastError: null });
  });

  it.each(SINK_POINTS)('are all stored, each once, after a kill at %s', async (point) => {
    await world.published('nats');
    await world.again({ WAPING_FAULT_POINT: `${point}:0` });
    const made = await world.makeDevices(200);
    await world.server.ended();
    expect(made.length).toBeLessThan(200);
    await world.again({ WAPING_FAULT_POINT: '' });
    made.push(...(await world.makeDevices(3)));
    const stored = await storedWith(made);
    await world.published('nats');
    // What had been confirmed came again under the same id, which the stream knows.
    expect(stored.map(({ id }) => id)).toEqual(idsOf(await world.log()));
  });

  it('stand in what doctor finds', async () => {
    await world.published('nats');
    await world.server.stop();
    const settings = { WAPING_SINK_NATS_URL: nats.url };
    const well = await world.doctor(settings);
    expect([well.code, well.out], well.err).toEqual([0, expect.stringContaining('✓ sink nats: reached, not behind')]);
    await nats.kill();
    const ill = await world.doctor(settings);
    expect([ill.code, ill.out]).toEqual([
      1,
      expect.stringMatching(/✗ sink nats: .*; not behind\n {4}What to do: Check/),
    ]);
    expect(`${well.out}${ill.out}${ill.err}`).not.toContain(NATS_PASSWORD);
    await nats.start();
    await world.again();
  });

  it('say in nothing what the address keeps secret', async () => {
    await world.again({ WAPING_SINK_NATS_URL: nats.url.replace(/:[^:@]+@/, ':nats%2FWr0ng@') });
    const refused = await world.standing('nats', ({ state }) => state === 'failing');
    expect(refused['lastError']).toMatch(/authorization/i);
    await world.again({ WAPING_SINK_NATS_URL: nats.url });
    await world.published('nats');
    const seen = `${world.output}${JSON.stringify(refused)}`;
    expect(seen).toContain('events do not reach the broker');
    for (const secret of [NATS_PASSWORD, encodeURIComponent(NATS_PASSWORD), 'nats/Wr0ng', 'nats%2FWr0ng'])
      expect(seen).not.toContain(secret);
  });
});
