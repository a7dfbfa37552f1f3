import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { Uploads } from '../../src/delivery/uploads.ts';
import type { Engine } from '../../src/engine/port.ts';
import { describeEachDb } from '../kit/db.ts';
import { mediaOn } from '../kit/media.ts';
import { engineThat } from './engine-that.ts';
import { ownedDevice } from './factories.ts';

describeEachDb('uploads', (database) => {
  it('of one device take four of its open questions and no more, and all go in the end', async () => {
    const { db } = database();
    const files = await mediaOn(db);
    const device = await ownedDevice(db);
    const { workspaceId, deviceId } = device;
    const open: (() => void)[] = [];
    let most = 0;
    const ask = async () => {
      await new Promise<void>((resolve) => {
        open.push(resolve);
        most = Math.max(most, open.length);
      });
      return { sealed: randomBytes(10), size: 1, sha256: '' };
    };
    // Guarantee: uploads ask `uploadMedia` alone.
    const engine: Engine = { ...engineThat(async () => {}), ask: ask as unknown as Engine['ask'] };
    const uploads = new Uploads({ db, engine, files });
    const sends = Array.from({ length: 10 }, async () => {
      const from = Readable.from([randomBytes(100)]);
      const source = 'inbound' as const;
      const row = await files.ingest(
        { from, mimeType: null, fileName: null },
        { workspaceId, deviceId, source, standalone: true, now: new Date() },
      );
      const sha256 = Buffer.from(row.sha256).toString('hex');
      const media = { mimeType: row.mime_type, size: 100, sha256 };
      return uploads.withFile(device, { body: { content: { type: 'document', media } }, mediaId: row.id });
    });
    let done = false;
    const all = Promise.all(sends).finally(() => {
      done = true;
    });
    await expect.poll(() => open.length, { timeout: 20_000 }).toBe(4);
    while (!done) {
      open.shift()?.();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await all).toHaveLength(10);
    expect(most).toBe(4);
  });
});
