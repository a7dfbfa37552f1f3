import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindQueue, RABBIT_PASSWORD, RabbitServer, takeAll } from '../kit/rabbit.ts';
import { idsOf, SinkWorld } from '../kit/sinks.ts';

const EVERYTHING = { queue: 'everything', exchange: 'waping', type: 'topic', pattern: '#' };

describe('events that go to RabbitMQ', () => {
  let rabbit: RabbitServer;
  let world: SinkWorld;

  beforeAll(async () => {
    rabbit = await RabbitServer.start();
    await bindQueue(rabbit, EVERYTHING);
    world = await SinkWorld.start('pglite', { WAPING_SINK_AMQP_URL: rabbit.url });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await rabbit[Symbol.asyncDispose]();
  });

  it('arrive in the order of the log, each once, persistent and under its id', async () => {
    await world.makeDevices(120);
    const { published } = await world.published('amqp');
    const log = await world.log();
    expect(published).toBe(log.length);
    const messages = await takeAll(rabbit, EVERYTHING.queue);
    expect(messages.map(({ content }) => JSON.parse(content.toString()))).toEqual(log);
    expect(messages.map(({ properties }) => properties.messageId)).toEqual(idsOf(log));
    expect(messages.map(({ properties }) => properties.type)).toEqual(log.map(({ type }) => type));
    expect(messages.map(({ fields }) => fields.routingKey)).toEqual(
      log.map(({ workspaceId, type }) => `${workspaceId}.${type}`),
    );
    const { deliveryMode, contentType, timestamp } = messages[0]?.properties ?? {};
    expect([deliveryMode, contentType]).toEqual([2, 'application/json']);
    expect(timestamp).toBe(Math.floor(Date.parse(String(log[0]?.['createdAt'])) / 1000));
  });

  it('that were confirmed outlive the broker, and what came while it was away follows', async () => {
    const before = await world.makeDevices(10);
    await world.published('amqp');
    await rabbit.kill();
    const meanwhile = await world.makeDevices(10);
    const away = await world.standing('amqp', ({ state, behind }) => state === 'failing' && Number(behind) >= 10);
    expect(away['lastError']).toMatch(/refused|ended|closed|reset/i);
    await rabbit.start();
    await world.published('amqp');
    const devices = (await takeAll(rabbit, EVERYTHING.queue)).map(({ content }) => JSON.parse(content.toString()));
    expect(devices.map(({ deviceId }) => deviceId)).toEqual([...before, ...meanwhile]);
  });

  it('come again under the same id after a kill between the confirmation and its record', async () => {
    await world.again({ WAPING_FAULT_POINT: 'sink.confirmed:0' });
    const made = await world.makeDevices(200);
    await world.server.ended();
    await world.again({ WAPING_FAULT_POINT: '' });
    await world.published('amqp');
    const told = (await takeAll(rabbit, EVERYTHING.queue)).map(({ content, properties }) => ({
      id: properties.messageId,
      deviceId: JSON.parse(content.toString()).deviceId,
    }));
    const ids = new Set(told.map(({ id }) => id));
    expect(told.length).toBeGreaterThan(ids.size);
    expect(new Set(told.map(({ deviceId }) => deviceId))).toEqual(new Set([...made, ...told.map((t) => t.deviceId)]));
    const log = await world.log();
    expect([...ids]).toEqual(idsOf(log.filter(({ id }) => ids.has(id))));
  });

  it('go into an exchange of another type that is there, and are told of where no queue is bound', async () => {
    const fanout = { queue: 'fan', exchange: 'elsewhere', type: 'fanout', pattern: '' };
    await bindQueue(rabbit, fanout);
    await world.again({ WAPING_SINK_AMQP_EXCHANGE: fanout.exchange });
    const made = await world.makeDevices(3);
    await world.published('amqp');
    const taken = await takeAll(rabbit, fanout.queue);
    expect(taken.map(({ content }) => JSON.parse(content.toString()).deviceId)).toEqual(made);
    expect(world.output).not.toContain('no queue is bound');
    await world.again({ WAPING_SINK_AMQP_EXCHANGE: 'unbound' });
    await world.makeDevices(3);
    await world.published('amqp');
    expect(world.output).toContain('no queue is bound for an event');
    await world.again({ WAPING_SINK_AMQP_EXCHANGE: 'waping' });
  });

  it('say in nothing what the address keeps secret', async () => {
    await world.again({ WAPING_SINK_AMQP_URL: rabbit.url.replace(/:[^:@]+@/, ':rabbit%2FWr0ng@') });
    const refused = await world.standing('amqp', ({ state }) => state === 'failing');
    expect(refused['lastError']).toMatch(/ACCESS.REFUSED|403/);
    await world.again({ WAPING_SINK_AMQP_URL: rabbit.url });
    await world.published('amqp');
    const seen = `${world.output}${JSON.stringify(refused)}`;
    expect(seen).toContain('events do not reach the broker');
    for (const secret of [RABBIT_PASSWORD, encodeURIComponent(RABBIT_PASSWORD), 'rabbit/Wr0ng', 'rabbit%2FWr0ng'])
      expect(seen).not.toContain(secret);
  });
});
