// Files that WhatsApp's host has lost: the phone is asked for one at a time, and nobody else waits for it.
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Downloads } from '../../src/delivery/downloads.ts';
import { type AskName, EngineAskError, MEDIA_REFUSED } from '../../src/engine/asks.ts';
import type { Engine, EngineRecord } from '../../src/engine/port.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createLogger } from '../../src/platform/log.ts';
import { describeEachDb } from '../kit/db.ts';
import { mediaOn } from '../kit/media.ts';
import { engineThat } from './engine-that.ts';
import { commit, type OwnedDevice, ownedDevice } from './factories.ts';

const ADA = { kind: 'person', phone: '+15550002000' } as const;
const LOST = 7;
const THERE = 8;

/** A picture that came with a message, and where it lies: on the host, or there no more. */
function picture(waId: string, place: number): EngineRecord {
  const content = { type: 'image', media: { mimeType: 'image/jpeg', size: 3 } } as const;
  const message = { waId, chat: ADA, sender: ADA, fromMe: false, sentAt: Date.now(), offline: false, content };
  return { kind: 'inbound', message: { ...message, sealedMedia: Uint8Array.of(place) } };
}

/** An engine that downloads what is there, and hands every question for the phone to the test. */
function engineWith(phone: (waId: string) => Promise<{ sealed: Uint8Array }>): Engine {
  const answer = async (name: AskName, input: unknown): Promise<unknown> => {
    const { sealed, waId, path } = Object(input);
    if (name === 'reuploadMedia') return phone(waId);
    if (sealed[0] === LOST) throw new EngineAskError('refused', 'gone', { code: MEDIA_REFUSED.notOnHost });
    await writeFile(path, 'abc');
    return { size: 3, sha256: '' };
  };
  // Guarantee: each question is answered in its own shape, which the name decides.
  return { ...engineThat(async () => {}), ask: (_device, name, input) => answer(name, input) as Promise<never> };
}

const statuses = async (db: Db, { workspaceId }: OwnedDevice) =>
  Object.fromEntries(
    (
      await db.query<{ wa_id: string; status: string }>(
        `select wa_id, content -> 'media' ->> 'status' as status from message where workspace_id = $1`,
        [workspaceId],
      )
    ).map(({ wa_id, status }) => [wa_id, status]),
  );

describeEachDb('a file the media host has lost', (database) => {
  it('waits for the phone by itself: others come, and the phone is asked for one at a time', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const lost = ['L1', 'L2', 'L3', 'L4', 'L5'];
    await commit(db, device, [...lost.map((waId) => picture(waId, LOST)), picture('T1', THERE)]);
    const asked: { waId: string; answer: () => void }[] = [];
    const engine = engineWith(
      (waId) => new Promise((resolve) => asked.push({ waId, answer: () => resolve({ sealed: Uint8Array.of(THERE) }) })),
    );
    await using downloads = new Downloads({ db, engine, files: await mediaOn(db), log: createLogger('silent') });
    downloads.online(device.deviceId);
    await expect.poll(async () => (await statuses(db, device))['T1']).toBe('ready');
    for (let turn = 1; turn <= lost.length; turn++) {
      await expect.poll(() => asked.length).toBe(turn);
      asked.at(-1)?.answer();
    }
    await expect
      .poll(async () => Object.values(await statuses(db, device)))
      .toEqual(Array.from({ length: 6 }, () => 'ready'));
    expect(asked.map(({ waId }) => waId).sort()).toEqual(lost);
  });

  it('is asked of a silent phone again after longer and longer pauses, and then never', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [picture('S1', LOST)]);
    let asks = 0;
    const engine = engineWith(async () => {
      asks += 1;
      throw new EngineAskError('no_answer', 'the phone is silent');
    });
    const waits = async () => {
      const [row] = await db.query<{ seconds: number }>(
        `select extract(epoch from next_at - now())::float8 as seconds from media_fetch
         where workspace_id = $1 and phone_asks = $2`,
        [device.workspaceId, asks],
      );
      return row?.seconds ?? null;
    };
    await using downloads = new Downloads({ db, engine, files: await mediaOn(db), log: createLogger('silent') });
    downloads.online(device.deviceId);
    const pauses: number[] = [];
    for (let turn = 1; turn < 8; turn++) {
      await expect.poll(async () => asks === turn && (await waits()) !== null).toBe(true);
      pauses.push((await waits()) ?? 0);
      await db.query('update media_fetch set next_at = now() where workspace_id = $1', [device.workspaceId]);
      downloads.wake();
    }
    await expect.poll(async () => (await statuses(db, device))['S1']).toBe('failed');
    expect(asks).toBe(8);
    expect(pauses[0]).toBeGreaterThan(25);
    expect(pauses[3]).toBeGreaterThan(30 * 60);
  });
});
