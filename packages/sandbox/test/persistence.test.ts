import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlClient, changePicture, type Network, startNetwork } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DELIVERY_ACK, TestClient } from './kit/client.ts';

const ALICE = '15550201';
const BOB = '15550202';
const BOB_JID = `${BOB}@s.whatsapp.net`;

/** The head of a JPEG of one pixel: nobody here looks further. */
const JPEG = Buffer.from('ffd8ffc0000b080001000101011100', 'hex');

let directory: string;
let counter = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandbox-state-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Same seed and file: what one process leaves, the next one finds. */
function start(stateFile: string, addressing: 'pn' | 'lid' = 'pn', seed = 'persistence'): Promise<Network> {
  return startNetwork({ seed, addressing, stateFile });
}

const newFile = (): string => join(directory, `state-${counter++}.json`);

/** Resolves when the file contains the text: the autosave has caught up. */
async function fileContains(path: string, text: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if ((await readFile(path, 'utf8').catch(() => '')).includes(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${text} never reached the state file`);
}

describe.each(['pn', 'lid'] as const)('a network restarted on its state file (%s)', (addressing) => {
  it('knows its linked client, keeps what waited for it, and goes on in both directions', async () => {
    const file = newFile();
    const before = await start(file, addressing);
    const bob = before.account(BOB, { name: 'Bob' });
    const client = await new TestClient(before, {}).pair(ALICE);
    const group = before.group('Team', [ALICE, BOB]);
    await client.send(BOB_JID, { text: 'before' });
    await bob.phone.expect((entry) => entry.text === 'before');
    await bob.phone.sendText(ALICE, 'answer before');
    await client.text('answer before');
    before.core.appState.act(ALICE, { type: 'contact', jid: BOB_JID, name: 'Bobby' });
    await client.until(() =>
      client
        .events('contacts.upsert')
        .flat()
        .find((contact) => contact.name === 'Bobby'),
    );
    changePicture(before.core, { of: bob, jpeg: JPEG, by: bob });
    changePicture(before.core, { of: group, jpeg: JPEG, by: bob });
    await client.stop();
    const waiting = await bob.phone.sendText(ALICE, 'while away');
    await before.close();

    const after = await start(file, addressing);
    expect(after.rootKey).toEqual(before.rootKey);
    const again = new TestClient(after, { auth: client.auth.clone() });
    await again.start();
    await again.opened(1);
    expect((await again.text('while away')).key.id).toBe(waiting);
    const sent = await again.send(BOB_JID, { text: 'after' });
    const entry = await after.account(BOB).phone.expect((item) => item.text === 'after');
    expect(entry.id).toBe(sent.key.id);
    await again.status(sent.key.id ?? '', DELIVERY_ACK);
    await after.account(BOB).phone.sendText(ALICE, 'answer after');
    await again.text('answer after');

    const inbox = after.account(BOB).phone.inbox.entries();
    expect(inbox.map((item) => item.text)).toEqual(['before', 'after']);
    expect(after.account(BOB).name).toBe('Bob');
    for (const pictured of [after.account(BOB), after.core.groups.get(group.jid)]) {
      expect(pictured?.picture?.jpeg).toEqual(JPEG);
      expect(Array.from(after.core.media.blobs.entries(), ([, blob]) => blob)).toContainEqual(pictured?.picture?.jpeg);
    }
    expect((await again.socket.groupMetadata(group.jid)).subject).toBe('Team');
    const { phone } = after.core.appState.account(ALICE);
    expect(phone.value('critical_unblock_low', ['contact', BOB_JID])?.contactAction?.fullName).toBe('Bobby');
    expect(after.stats.pairings).toBe(0);
    expect(after.stats.decryptFailures).toBe(0);
    await again.stop();
    await after.close();
  });

  it('still speaks in groups whose sender keys were handed out before', async () => {
    const file = newFile();
    const before = await start(file, addressing);
    const client = await new TestClient(before).pair(ALICE);
    const group = before.group('Team', [BOB, ALICE]);
    await client.send(group.jid, { text: 'one' });
    await before.account(BOB).phone.expect((entry) => entry.text === 'one');
    await before.account(BOB).phone.send(group.jid, { conversation: 'two' });
    await client.text('two');
    await client.stop();
    await before.close();

    const after = await start(file, addressing);
    const again = new TestClient(after, { auth: client.auth.clone() });
    await again.start();
    await again.opened(1);
    await again.send(group.jid, { text: 'three' });
    await after.account(BOB).phone.expect((entry) => entry.text === 'three');
    await after.account(BOB).phone.send(group.jid, { conversation: 'four' });
    await again.text('four');
    expect(after.stats.decryptFailures).toBe(0);
    await again.stop();
    await after.close();
  });
});

describe('a network that was killed', () => {
  it('is at most a moment behind: what the file holds is enough to go on', async () => {
    const file = newFile();
    const lost = await start(file);
    lost.account(BOB);
    const client = await new TestClient(lost).pair(ALICE);
    await client.send(BOB_JID, { text: 'saved' }, 'SAVED0000000000000A');
    await lost.account(BOB).phone.expect((entry) => entry.text === 'saved');
    await fileContains(file, 'SAVED0000000000000A');
    // The copy is what a kill at this moment would have left behind.
    const copy = newFile();
    await writeFile(copy, await readFile(file));
    await client.stop();
    await lost.close();

    const after = await start(copy);
    expect(after.account(BOB).phone.inbox.find((entry) => entry.text === 'saved')).toBeDefined();
    const again = new TestClient(after, { auth: client.auth.clone() });
    await again.start();
    await again.opened(1);
    await again.send(BOB_JID, { text: 'goes on' });
    await after.account(BOB).phone.expect((entry) => entry.text === 'goes on');
    await again.stop();
    await after.close();
  });
});

describe('a process that is killed without warning', () => {
  async function launch(folder: string) {
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    const ready = join(folder, 'ready.json');
    const child = fork(main, ['--state', join(folder, 'state.json'), '--ready-file', ready], { silent: true });
    await once(child, 'message');
    const access = z.object({ controlUrl: z.string(), controlToken: z.string() });
    return { child, control: new ControlClient(access.parse(JSON.parse(await readFile(ready, 'utf8')))) };
  }

  it('has on disk what happened shortly before', async () => {
    const folder = await mkdtemp(join(directory, 'kill-'));
    const first = await launch(folder);
    await first.control.call('accounts.create', { number: ALICE, name: 'Alice' });
    await first.control.call('accounts.create', { number: BOB });
    await first.control.call('phones.send', { number: ALICE, to: BOB, text: 'last words', id: 'LASTWORDS1' });
    await fileContains(join(folder, 'state.json'), 'LASTWORDS1');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const second = await launch(folder);
    const { messages } = await second.control.call('phones.inbox', { number: BOB });
    expect(messages.map(({ id, text }) => [id, text])).toEqual([['LASTWORDS1', 'last words']]);
    expect((await second.control.call('accounts.get', { number: ALICE })).name).toBe('Alice');
    second.child.kill('SIGTERM');
    await once(second.child, 'exit');
  });
});

describe('an offline phone', () => {
  it('finds what was sent to it when it comes back after a restart', async () => {
    const file = newFile();
    const before = await start(file);
    before.account(BOB).phone.online = false;
    const client = await new TestClient(before).pair(ALICE);
    await client.send(BOB_JID, { text: 'later' });
    await client.until(() => (before.account(BOB).phone.pending.length > 0 ? true : undefined));
    await client.stop();
    await before.close();

    const after = await start(file);
    const { phone } = after.account(BOB);
    expect([phone.online, phone.inbox.size, phone.pending.length]).toEqual([false, 0, 1]);
    phone.online = true;
    await phone.expect((entry) => entry.text === 'later');
    await after.close();
  });
});

describe('the state file', () => {
  it('is readable by its owner only, from the first start on', async () => {
    const file = newFile();
    const network = await start(file);
    await network.close();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is refused when damaged, and left as it is', async () => {
    const file = newFile();
    await writeFile(file, '{"version":1,"seed":"persist');
    await expect(start(file)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(await readFile(file, 'utf8')).toBe('{"version":1,"seed":"persist');
  });

  it('is refused under another seed: every key would be wrong', async () => {
    const file = newFile();
    await (await start(file)).close();
    await expect(start(file, 'pn', 'other')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('that cannot be written makes closing fail instead of losing the state silently', async () => {
    const network = await start(join(directory, 'no-such-folder', 'state.json'));
    await expect(network.close()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
