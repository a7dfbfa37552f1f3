// Files of the past: where they lie is kept, and they are fetched when somebody asks for them.
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Downloads } from '../../src/delivery/downloads.ts';
import { type AskName, EngineAskError, MEDIA_REFUSED } from '../../src/engine/asks.ts';
import type { Engine, EngineRecord } from '../../src/engine/port.ts';
import { staleFetches } from '../../src/features/messages/index.ts';
import { wantFile } from '../../src/features/messages/media-fetch-store.ts';
import type { Actor } from '../../src/operations/context.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { brandId, newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { type Json, objectOf } from '../kit/api.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { mediaOn } from '../kit/media.ts';
import { engineThat } from './engine-that.ts';
import { commit, type OwnedDevice, ownedDevice, pastPicture, queued } from './factories.ts';

const ADA = { kind: 'person', phone: '+15550002000' } as const;
const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 1_000, apiAccess: true, suspended: false };
const THERE = 8;
/** The host has it no more; the phone has. */
const LOST = 7;
/** Nobody has it any more. */
const GONE = 6;

/** A picture that comes now. */
function live(waId: string): EngineRecord {
  const content = { type: 'image', media: { mimeType: 'image/jpeg', size: 3 } } as const;
  const message = { waId, chat: ADA, sender: ADA, fromMe: false, sentAt: Date.now(), offline: false, content };
  return { kind: 'inbound', message: { ...message, sealedMedia: Uint8Array.of(THERE) } };
}

/** An engine that notes which files it is asked for, by what is sealed of their places. */
function engineNoting(loaded: number[]): Engine {
  const answer = async (name: AskName, input: unknown): Promise<unknown> => {
    const { sealed, path } = Object(input);
    const place = Number(sealed[0]);
    if (name === 'reuploadMedia') {
      if (place === GONE) throw new EngineAskError('refused', 'the phone has it no more', { code: MEDIA_REFUSED.gone });
      return { sealed: Uint8Array.of(THERE) };
    }
    loaded.push(place);
    if (place < THERE) throw new EngineAskError('refused', 'gone', { code: MEDIA_REFUSED.notOnHost });
    await writeFile(path, 'abc');
    return { size: 3, sha256: '' };
  };
  // Guarantee: each question is answered in its own shape, which the name decides.
  return { ...engineThat(async () => {}), ask: (_device, name, input) => answer(name, input) as Promise<never> };
}

function world(db: Db, device: OwnedDevice) {
  const caller = new Caller(db, brandId('ws', device.workspaceId), LIMITS);
  const mediaIn = (body: unknown): Json => objectOf(JSON.parse(String(body)), 'media');
  return {
    ask: async (messageId: string, actor?: Actor) =>
      mediaIn((await caller.call('messages.fetchMedia', { params: { messageId } }, actor ? { actor } : {})).body),
    media: async (messageId: string) => mediaIn((await caller.call('messages.get', { params: { messageId } })).body),
    told: async (messageId: string) =>
      (
        await db.query<{ type: string }>(
          `select type from event where workspace_id = $1 and subject_id = $2 and type like 'media.%' order by sequence`,
          [device.workspaceId, messageId],
        )
      ).map(({ type }) => type),
  };
}

async function downloading(db: Db, device: OwnedDevice, loaded: number[] = []): Promise<Downloads> {
  const services = { db, engine: engineNoting(loaded), files: await mediaOn(db), log: createLogger('silent') };
  const downloads = new Downloads(services);
  downloads.online(device.deviceId);
  return downloads;
}

const statusOfLive = async (db: Db, { workspaceId }: OwnedDevice, waId: string) =>
  (
    await db.query<{ status: string }>(
      `select content -> 'media' ->> 'status' as status from message where workspace_id = $1 and wa_id = $2`,
      [workspaceId, waId],
    )
  )[0]?.status;

describeEachDb('a file of the past', (database) => {
  it('is fetched when somebody asks for it and not before; to ask again changes nothing', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { ask, media, told } = world(db, device);
    const [wanted, other] = [await pastPicture(db, device, 9), await pastPicture(db, device, 10)];
    const there = { status: 'available', reason: null, id: expect.stringMatching(/^med_/) };
    expect(await media(wanted)).toMatchObject(there);
    await commit(db, device, [live('L1')]);
    const loaded: number[] = [];
    await using downloads = await downloading(db, device, loaded);
    await expect.poll(() => statusOfLive(db, device, 'L1')).toBe('ready');
    expect(loaded).toEqual([THERE]);
    const [first, second] = await Promise.all([ask(wanted), ask(wanted)]);
    expect([first['status'], second['status']]).toEqual(['pending', 'pending']);
    downloads.wake();
    await expect.poll(async () => (await media(wanted))['status']).toBe('ready');
    expect(await ask(wanted)).toMatchObject({ status: 'ready', id: first['id'] });
    expect(await told(wanted)).toEqual(['media.ready']);
    expect(loaded).toEqual([THERE, 9]);
    expect(await media(other)).toMatchObject({ status: 'available' });
  });

  it('that the host has lost is asked of the phone; one that nobody has fails, and is asked for no more', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { ask, media, told } = world(db, device);
    const [lost, gone] = [await pastPicture(db, device, LOST), await pastPicture(db, device, GONE)];
    await using downloads = await downloading(db, device);
    for (const id of [lost, gone]) expect(await ask(id)).toMatchObject({ status: 'pending' });
    downloads.wake();
    await expect.poll(async () => (await media(lost))['status']).toBe('ready');
    await expect.poll(async () => (await media(gone))['status']).toBe('failed');
    expect(await media(gone)).toMatchObject({ id: null, reason: 'unavailable' });
    expect([await told(lost), await told(gone)]).toEqual([['media.ready'], ['media.failed']]);
    await expect(ask(gone)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await db.query('select 1 from media_fetch where workspace_id = $1', [device.workspaceId])).toEqual([]);
  });

  it('is of this workspace, and takes the right to read files', async () => {
    const { db } = database();
    const [device, stranger] = [await ownedDevice(db), await ownedDevice(db)];
    const { ask, media } = world(db, device);
    const past = await pastPicture(db, device);
    const text = await queued(db, device);
    await expect(ask(text.id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(world(db, stranger).ask(past)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const key = { kind: 'api_key', id: newId('key'), devices: null, ips: null, expiresAt: null } as const;
    const mayNot = ask(past, { ...key, scopes: ['messages:read'] });
    const details = [{ param: 'scope', message: 'needs media:read' }];
    await expect(mayNot).rejects.toMatchObject({ code: 'FORBIDDEN', details });
    const ofOther = { ...key, scopes: ['*'], devices: [stranger.deviceId] };
    await expect(ask(past, ofOther)).rejects.toMatchObject({ code: 'FORBIDDEN', details: [{ param: 'deviceList' }] });
    expect(await media(past)).toMatchObject({ status: 'available' });
    expect(await ask(past, { ...key, scopes: ['messages:read', 'media:read'] })).toMatchObject({ status: 'pending' });
  });

  it('of a device that a person has to link first is refused, and stays to be had', async () => {
    const { db } = database();
    const caller = await Caller.create(db);
    const device = { workspaceId: caller.workspaceId, deviceId: await caller.device('sandbox'), token: 0 };
    const { ask, media } = world(db, device);
    const past = await pastPicture(db, device);
    await expect(ask(past)).rejects.toMatchObject({ code: 'SESSION_DISCONNECTED' });
    expect(await media(past)).toMatchObject({ status: 'available' });
  });

  it('waits with no more than so many of its device, and is as old as the wish for it', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { workspaceId } = device;
    const [first, second] = [await pastPicture(db, device), await pastPicture(db, device)];
    await db.query(`update media_fetch set created_at = now() - interval '20 days' where workspace_id = $1`, [
      workspaceId,
    ]);
    const want = (messageId: string, atMost: number) => wantFile(db, { workspaceId, messageId, atMost });
    const answers = [await want(first, 1), await want(second, 1), await want(first, 1), await want('msg_none', 1)];
    expect(answers).toEqual(['begun', 'full', 'waits', 'none']);
    expect(await want(second, 2)).toBe('begun');
    const third = await pastPicture(db, device);
    const stale = async (before: number) =>
      (await staleFetches(db, new Date(before), 1_000_000))
        .filter((one) => one.workspace_id === workspaceId)
        .map((one) => one.message_id)
        .sort();
    expect(await stale(Date.now() - 24 * 3_600_000)).toEqual([]);
    expect(await stale(Date.now() + 3_600_000)).toEqual([first, second].sort());
    expect(await world(db, device).media(third)).toMatchObject({ status: 'available' });
  });
});
