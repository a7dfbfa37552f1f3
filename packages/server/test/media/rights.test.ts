import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { queueRecurring } from '../../src/features/data-rights/index.ts';
import { forgetBlob, renewRemoval, takeUnnamed } from '../../src/features/media/blob-store.ts';
import { nameMedia } from '../../src/features/media/index.ts';
import { WapingError } from '../../src/platform/errors.ts';
import { brandId, firstIdAt, type MediaId, newId } from '../../src/platform/ids.ts';
import { insertJob } from '../../src/platform/jobs/store.ts';
import { describeEachDb } from '../kit/db.ts';
import { RightsWorld } from '../kit/rights.ts';
import { png } from './kit.ts';

const ADA = '+4915550001111';
const BEN = '+4915550002222';

interface Kept {
  id: string;
  path: string;
}

interface Making {
  standalone?: boolean;
  bytes?: Buffer;
  id?: MediaId;
}

/** Media of the workspace: an upload, or with `standalone: false` what came with a message. */
async function make(
  world: RightsWorld,
  { standalone = true, bytes = randomBytes(2_000), id: given }: Making = {},
): Promise<Kept> {
  const { workspaceId } = world;
  const file = { from: Readable.from([bytes]), mimeType: null, fileName: null };
  const source = standalone ? 'upload' : 'inbound';
  const { deviceId } = world.device;
  const made = { workspaceId, deviceId: standalone ? null : deviceId, source, standalone, now: new Date() } as const;
  const { id } = await world.media.ingest(file, { ...made, ...(given ? { id: given } : {}) });
  return { id, path: (await world.media.localFile(workspaceId, id)).path };
}

/** A message from somebody that shows this media. */
async function shows(world: RightsWorld, phone: string, text: string, media: readonly Kept[]): Promise<string> {
  await world.arrive({ phone }, text);
  const [row] = await world.db.query<{ id: string }>(
    `select id from message where workspace_id = $1 and content -> 'text' ->> 'body' = $2`,
    [world.workspaceId, text],
  );
  const { workspaceId, deviceId } = world.device;
  const messageId = row?.id ?? '';
  await nameMedia(
    world.db,
    media.map(({ id }) => ({ workspaceId, deviceId, messageId, mediaId: id })),
  );
  return messageId;
}

async function ids(world: RightsWorld, table = 'media'): Promise<string[]> {
  const rows = await world.db.query<{ id: string }>(`select id from ${table} where workspace_id = $1 order by id`, [
    world.workspaceId,
  ]);
  return rows.map(({ id }) => id);
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof WapingError ? error.code : error),
  );

/** Removes what nothing names, as the sweeper does. */
async function swept(world: RightsWorld): Promise<number> {
  return world.media.removeUnnamed(world.workspaceId);
}

async function erase(world: RightsWorld, phone: string): Promise<unknown> {
  const contactId = await world.contactId(phone);
  const job = await world.ask('contacts.erase', { params: { contactId } });
  return world.finish(String(job['id']));
}

describeEachDb('media', (database) => {
  it('of an erased contact goes with its bytes; what others are shown stays', async () => {
    const world = await RightsWorld.create(database().db);
    const received = await make(world, { standalone: false });
    const invoice = await make(world);
    const [catalogue, unused] = [await make(world), await make(world)];
    await shows(world, ADA, 'from ada', [received, invoice, catalogue]);
    await shows(world, BEN, 'from ben', [catalogue]);
    const { data } = await world.ask('media.list', {});
    expect([data].flat()).toHaveLength(4);

    expect(await erase(world, ADA)).toMatchObject({ state: 'succeeded', result: { messages: 1, media: 2 } });
    expect(await ids(world)).toEqual([catalogue.id, unused.id].sort());
    expect(await swept(world)).toBe(2);
    expect([received, invoice, catalogue, unused].map(({ path }) => existsSync(path))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('is in the export of the contact it is of, and of nobody else', async () => {
    const world = await RightsWorld.create(database().db);
    const [adas, bens] = [await make(world, { standalone: false }), await make(world, { standalone: false })];
    const messageId = await shows(world, ADA, 'with media', [adas]);
    await shows(world, BEN, 'with media of ben', [bens]);
    const job = await world.ask('contacts.export', { params: { contactId: await world.contactId(ADA) } });
    expect(await world.finish(String(job['id']))).toMatchObject({ result: { records: { media: 1 } } });
    const all = await world.ask('workspace.export', {});
    expect(await world.finish(String(all['id']))).toMatchObject({ result: { records: { media: 2 } } });
    const rows = await world.db.query<{ message_id: string }>(
      'select message_id from message_media where workspace_id = $1 and media_id = $2',
      [world.workspaceId, adas.id],
    );
    expect(rows).toEqual([{ message_id: messageId }]);
  });

  it('past the time of messages goes, but not what a kept message shows', async () => {
    const world = await RightsWorld.create(database().db);
    const { db, workspaceId } = world;
    const [shown, forgotten] = [await make(world, { id: oldId() }), await make(world, { id: oldId() })];
    const fresh = await make(world);
    const withOld = await make(world, { standalone: false });
    await shows(world, ADA, 'kept', [shown]);
    const old = await shows(world, BEN, 'old', [withOld]);
    await db.query(`update message set created_at = created_at - interval '10 days' where id = $1`, [old]);
    await world.ask('workspace.update', { body: { retention: { messagesDays: 5 } } });
    await queueRecurring(db);
    const [job] = await db.query<{ id: string }>(
      `select id from job where workspace_id = $1 and kind = 'retention.apply'`,
      [workspaceId],
    );
    expect(await world.finish(String(job?.id))).toMatchObject({ result: { messages: 1, media: 1 } });
    expect(await ids(world)).toEqual([shown.id, fresh.id].sort());
    expect(await swept(world)).toBe(2);
    expect([shown, forgotten, fresh, withOld].map(({ path }) => existsSync(path))).toEqual([true, false, true, false]);
  });

  it('that a template names stays through erasure and retention, until the template lets it go', async () => {
    const world = await RightsWorld.create(database().db);
    const named = await make(world, { standalone: false, id: oldId() });
    await shows(world, ADA, 'named', [named]);
    const body = { name: 'bill', language: 'en', type: 'document', document: { mediaId: named.id } };
    const template = await world.ask('templates.create', { body });
    await erase(world, ADA);
    await world.ask('workspace.update', { body: { retention: { messagesDays: 5 } } });
    const applied = async () => {
      await queueRecurring(world.db);
      const [job] = await world.db.query<{ id: string }>(
        `select id from job where workspace_id = $1 and kind = 'retention.apply' order by id desc limit 1`,
        [world.workspaceId],
      );
      return world.finish(String(job?.id));
    };
    expect(await applied()).toMatchObject({ result: { media: 0 } });
    expect(await ids(world)).toEqual([named.id]);
    expect(await codeOf(world.ask('media.delete', { params: { mediaId: named.id } }))).toBe('CONFLICT');
    await world.caller.call('templates.delete', { params: { templateId: String(template['id']) } });
    await world.caller.call('media.delete', { params: { mediaId: named.id } });
    expect(await ids(world)).toEqual([]);
  });

  it('goes with its workspace, bytes and all', async () => {
    const world = await RightsWorld.create(database().db);
    const kept = [await make(world), await make(world, { standalone: false })];
    await shows(world, ADA, 'gone', kept);
    await insertJob(world.db, {
      id: newId('job'),
      workspaceId: world.workspaceId,
      kind: 'workspace.erase',
      input: {},
      singleKey: 'workspace.erase',
      cancelable: false,
      createdBy: 'system',
    });
    await world.db.query(`update workspace set erasing_at = now() - interval '1 hour' where id = $1`, [
      world.workspaceId,
    ]);
    await using _runner = world.runner();
    await expect
      .poll(async () => (await world.db.query('select 1 from workspace where id = $1', [world.workspaceId])).length, {
        timeout: 60_000,
      })
      .toBe(0);
    await expect.poll(() => kept.map(({ path }) => existsSync(path)), { timeout: 10_000 }).toEqual([false, false]);
    const late = world.media.ingest(
      { from: Readable.from([png(1, 1)]), mimeType: null, fileName: null },
      { workspaceId: world.workspaceId, deviceId: null, source: 'upload', standalone: true, now: new Date() },
    );
    expect(await codeOf(late)).toBe('NOT_FOUND');
  });

  it('of equal bytes keeps its file until the last goes, however many go at once', async () => {
    const world = await RightsWorld.create(database().db);
    for (let round = 0; round < 5; round++) {
      const bytes = randomBytes(1_000);
      const many = await Promise.all(Array.from({ length: 6 }, () => make(world, { bytes })));
      const path = many[0]?.path ?? '';
      const [kept, ...others] = many;
      const remove = (one: Kept | undefined) =>
        world.caller.call('media.delete', { params: { mediaId: one?.id ?? '' } });
      await Promise.all(others.map(remove));
      await swept(world);
      expect(existsSync(path)).toBe(true);
      // The last, while the same comes anew.
      const [again] = await Promise.all([make(world, { bytes }), remove(kept), swept(world)]);
      await swept(world);
      expect(existsSync(again.path)).toBe(true);
      expect((await world.media.localFile(world.workspaceId, again.id)).size).toBe(1_000);
      await remove(again);
      await expect.poll(() => swept(world).then(() => existsSync(path)), { timeout: 10_000 }).toBe(false);
    }
    // A deletion clears up behind its answer: the file is gone a moment before its row is.
    const rows = () => world.db.query('select 1 from media_blob where workspace_id = $1', [world.workspaceId]);
    await expect.poll(rows).toEqual([]);
  });

  it('cannot be deleted while a message with it waits, and goes with it when it only came with it', async () => {
    const world = await RightsWorld.create(database().db);
    const { deviceId } = world.device;
    const body = { deviceId, to: ADA, type: 'text', text: { body: 'waits' } };
    const message = await world.ask('messages.send', { body });
    const [upload, inline] = [await make(world), await make(world, { standalone: false })];
    const messageId = String(message['id']);
    await nameMedia(
      world.db,
      [upload, inline].map(({ id }) => ({ ...world.device, messageId, mediaId: id })),
    );
    const remove = () => world.caller.call('media.delete', { params: { mediaId: upload.id } });
    expect(await codeOf(remove())).toBe('CONFLICT');
    await world.ask('messages.cancel', { params: { messageId } });
    expect(await codeOf(remove())).toBe(null);
    expect(await ids(world)).toEqual([inline.id]);
    await world.db.query('delete from message where id = $1', [messageId]);
    expect(await ids(world)).toEqual([]);
    await expect.poll(() => swept(world).then(() => existsSync(inline.path))).toBe(false);
  });

  it('that was stored and never named is removed once its hour is over', async () => {
    const world = await RightsWorld.create(database().db);
    const bytes = randomBytes(500);
    await using draft = await world.media.receive({ from: Readable.from([bytes]), mimeType: null, fileName: null });
    await world.media.keep(world.workspaceId, draft, null);
    expect(await swept(world)).toBe(0);
    await lapse(world);
    // Somebody wants it again just in time.
    expect(await world.media.holdOn(world.workspaceId, draft)).toBe(true);
    expect(await swept(world)).toBe(0);
    await lapse(world);
    expect(await swept(world)).toBe(1);
    expect(await world.media.holdOn(world.workspaceId, draft)).toBe(false);
    expect(await world.db.query('select 1 from media_blob where workspace_id = $1', [world.workspaceId])).toEqual([]);
  });
});

describeEachDb('the removal of files', (database) => {
  const later = (world: RightsWorld) =>
    world.db.query(`update media_blob set removing_at = removing_at - interval '6 minutes' where workspace_id = $1`, [
      world.workspaceId,
    ]);
  const rowsOf = (world: RightsWorld) =>
    world.db.query('select 1 from media_blob where workspace_id = $1', [world.workspaceId]);

  it('is one node’s: whoever was too slow removes nothing that may be stored anew', async () => {
    const world = await RightsWorld.create(database().db);
    const { id, path } = await make(world);
    await world.db.query('delete from media where id = $1', [id]);
    const [slow] = await takeUnnamed(world.db, world.workspaceId, 10);
    await later(world);
    const [quick] = await takeUnnamed(world.db, world.workspaceId, 10);
    if (!slow || !quick) throw new Error('it was taken twice');
    expect(await renewRemoval(world.db, slow)).toBe(null);
    await forgetBlob(world.db, slow);
    expect(await rowsOf(world)).toHaveLength(1);
    const renewed = await renewRemoval(world.db, quick);
    expect(renewed?.sha256).toEqual(quick.sha256);
    await later(world);
    expect(await swept(world)).toBe(1);
    expect(existsSync(path)).toBe(false);
  });

  it('goes on behind a file that cannot be removed, which is tried again', async () => {
    const world = await RightsWorld.create(database().db);
    const [stuck, free] = [await make(world), await make(world)];
    rmSync(stuck.path);
    mkdirSync(stuck.path);
    for (const { id } of [stuck, free]) await world.db.query('delete from media where id = $1', [id]);
    await expect(swept(world)).rejects.toThrow('1 of 2 files were not removed');
    expect(existsSync(free.path)).toBe(false);
    rmdirSync(stuck.path);
    await later(world);
    expect(await swept(world)).toBe(1);
    expect(await rowsOf(world)).toEqual([]);
  });
});
/** Ends the hour of what was kept in this workspace. */
const lapse = (world: RightsWorld) =>
  world.db.query(`update media_blob set reserved_until = now() - interval '1 second' where workspace_id = $1`, [
    world.workspaceId,
  ]);

/** An id as it was minted ten days ago: media is found by the time in it. */
const oldId = (): MediaId =>
  brandId('med', firstIdAt('med', new Date(Date.now() - 10 * 86_400_000)).slice(0, 14) + newId('med').slice(14));
