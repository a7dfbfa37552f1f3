import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsSink } from '../../src/delivery/sinks/nats.ts';
import type { SinkMessage } from '../../src/delivery/sinks/port.ts';
import { freePort } from '../kit/child.ts';
import { NatsServer } from '../kit/nats.ts';

let nats: NatsServer;
beforeAll(async () => {
  nats = await NatsServer.start();
});
afterAll(() => nats[Symbol.asyncDispose]());

function message(id: string, body = '{}'): SinkMessage {
  const bodyWithin = (bytes: number): Buffer => Buffer.from(body.length <= bytes ? body : '{"dataOmitted":true}');
  return { id, type: 'device.created', workspaceId: 'ws_1', createdAt: new Date(), bodyWithin };
}

const settingsOf = (stream: string, subject: string) => ({ url: nats.url, stream, subject });

describe('a NATS sink', () => {
  it('stores once what is published again, and gives without its data what the server never takes', async () => {
    await using sink = await natsSink(settingsOf('TWICE', 'twice'))();
    const batch = [message('evt_1'), message('evt_2', JSON.stringify({ a: 'x'.repeat(1024 * 1024) }))];
    for (let times = 0; times < 3; times++) await sink.publish(batch);
    const stored = await nats.stored('TWICE');
    expect(stored.map(({ id }) => id)).toEqual(['evt_1', 'evt_2']);
    expect(stored[1]?.json).toEqual({ dataOmitted: true });
  });

  it('rejects, and says what to do, where the stream does not take the subject', async () => {
    const connection = await nats.connect();
    await (await jetstreamManager(connection)).streams.add({ name: 'OTHER', subjects: ['else.>'] });
    await connection.close();
    await using sink = await natsSink(settingsOf('OTHER', 'mine'))();
    await expect(sink.publish([message('evt_1')])).rejects.toMatchObject({
      name: 'SinkError',
      message: expect.stringContaining('stream OTHER does not take the subject mine.>'),
    });
  });

  it('rejects where a stream of another name takes the subject', async () => {
    const other = await natsSink(settingsOf('FIRST', 'shared'))();
    await other[Symbol.asyncDispose]();
    const connection = await nats.connect();
    await (await jetstreamManager(connection)).streams.add({ name: 'SECOND', subjects: ['unused'] });
    await connection.close();
    await using sink = await natsSink(settingsOf('SECOND', 'shared'))();
    await expect(sink.publish([message('evt_1')])).rejects.toMatchObject({ name: 'SinkError' });
    expect(await nats.stored('FIRST')).toEqual([]);
  });

  it('cannot be opened where nobody listens', async () => {
    const url = `nats://127.0.0.1:${await freePort()}`;
    await expect(natsSink({ url, stream: 'S', subject: 's' })()).rejects.toMatchObject({ name: 'SinkError' });
  });

  it('tells that its connection is lost, and publishes nothing more', async () => {
    await using sink = await natsSink(settingsOf('LOST', 'lost'))();
    const lost = new Promise((resolve) => sink.lost.addEventListener('abort', resolve));
    await nats.kill();
    await lost;
    expect(sink.lost.reason).toMatchObject({ name: 'SinkError' });
    await expect(sink.publish([message('evt_1')])).rejects.toMatchObject({ name: 'SinkError' });
    await nats.start();
  });
});
