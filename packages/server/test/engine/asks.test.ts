import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { changeMembers, changePicture, changeSubject } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineAskError, type GroupSnapshot, MEDIA_REFUSED } from '../../src/engine/asks.ts';
import type { Address } from '../../src/engine/port.ts';
import { pictureOf } from '../kit/files.ts';
import { linked, type Stage, stage, text } from './kit.ts';

const ALICE = '+15550101';
const BOB = '+15550102';
const CAROL = '+15550103';
const NOBODY = '+15550199';
const person = (phone: string): Address => ({ kind: 'person', phone });
const group = (id: string): Address => ({ kind: 'group', id });
const PATIENT = { timeout: 30_000 };

const reasonOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'answered',
    (error: unknown) => (error instanceof EngineAskError ? [error.reason, error.code] : error),
  );

describe.each(['pn', 'lid'] as const)('a session under %s addressing', (addressing) => {
  let scene: Stage;
  const phoneOf = (number: string) => scene.network.account(number).phone;
  const groupsOf = (deviceId: string): GroupSnapshot[] =>
    scene.store.records(deviceId).flatMap((one) => (one.kind === 'group' ? [one.group] : []));
  const phonesIn = ({ members }: GroupSnapshot) =>
    members.map(({ address, role }) => `${address.kind === 'person' ? address.phone : ''} ${role}`).sort();

  beforeAll(async () => {
    scene = await stage({ addressing });
    for (const number of [BOB, CAROL]) scene.network.account(number);
    await linked(scene, 'dev_a', ALICE);
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it('marks messages read: their author gets the receipts, once for each', async () => {
    const ids = [
      await phoneOf(BOB).sendText(ALICE.slice(1), 'one'),
      await phoneOf(BOB).sendText(ALICE.slice(1), 'two'),
    ];
    await scene.store.until('both', () => scene.store.inbound('dev_a').length >= 2);
    const chat = scene.store.inbound('dev_a')[0]?.chat ?? person(BOB);
    await scene.engine.ask('dev_a', 'markRead', { chat, items: ids.map((waId) => ({ waId })) });
    const read = () => phoneOf(BOB).receipts.filter(({ type }) => type === 'read');
    await expect.poll(() => read().length, PATIENT).toBeGreaterThan(0);
    // The rest of a receipt's list is in its content; the phone notes the first.
    expect(read().every(({ from }) => from === `${ALICE.slice(1)}@s.whatsapp.net`)).toBe(true);
    expect(ids).toContain(read()[0]?.id);
    expect(
      scene.network
        .account(ALICE)
        .phone.inbox.entries()
        .filter((one) => !one.own && one.read),
    ).toHaveLength(2);
  });

  it('shows typing and recording, and ends them', async () => {
    const shown = () => phoneOf(BOB).typing.get(`${ALICE.slice(1)}@s.whatsapp.net`);
    for (const state of ['composing', 'recording', 'paused'] as const) {
      await scene.engine.ask('dev_a', 'chatState', { chat: person(BOB), state });
      await expect.poll(shown, PATIENT).toBe(state);
    }
  });

  it('tells which numbers exist, under which number and LID, also where a number has two forms', async () => {
    const brazil = scene.network.account('+551187654321');
    const mexico = scene.network.account('+5215512345678');
    const phones = [BOB, NOBODY, '+5511987654321', '+525512345678'];
    const facts = await scene.engine.ask('dev_a', 'numbers', { phones });
    expect(facts).toEqual([
      { phone: BOB, exists: true, canonicalPhone: BOB, lid: scene.network.account(BOB).lidUser },
      { phone: NOBODY, exists: false },
      { phone: '+5511987654321', exists: true, canonicalPhone: '+551187654321', lid: brazil.lidUser },
      { phone: '+525512345678', exists: true, canonicalPhone: '+5215512345678', lid: mexico.lidUser },
    ]);
  });

  it('makes a group, tells what became of each person, and changes it', async () => {
    scene.network.account('+15550104').onlyByInvite = true;
    const members = [BOB, '+15550104', NOBODY].map(person);
    const made = await scene.engine.ask('dev_a', 'createGroup', { subject: 'Team ✨', members });
    expect(phonesIn(made.group)).toEqual([`${ALICE} owner`, `${BOB} member`]);
    expect(made.results.map(({ code }) => code).sort()).toEqual([200, 200, 403, 404]);
    const { id } = made.group;
    const change = {
      subject: 'Crew',
      description: 'What it is for',
      announce: true,
      locked: true,
      memberAdd: 'all',
      joinApproval: true,
      ephemeralSeconds: 86_400,
    } as const;
    const changed = await scene.engine.ask('dev_a', 'changeGroup', { id, change });
    expect(changed).toMatchObject(change);
    const back = { description: '', announce: false, locked: false, joinApproval: false, ephemeralSeconds: 0 };
    expect(await scene.engine.ask('dev_a', 'changeGroup', { id, change: back })).toMatchObject({
      ...back,
      subject: 'Crew',
    });
  });

  it('adds, promotes, demotes and removes members, with a code for each', async () => {
    const made = await scene.engine.ask('dev_a', 'createGroup', { subject: 'Members', members: [person(BOB)] });
    const { id } = made.group;
    const act = (action: 'add' | 'remove' | 'promote' | 'demote', ...phones: string[]) =>
      scene.engine.ask('dev_a', 'changeMembers', { id, action, members: phones.map(person) });
    const added = await act('add', CAROL, BOB, NOBODY);
    expect(added.results.map(({ code }) => code)).toEqual([200, 409, 404]);
    expect(phonesIn((await act('promote', CAROL)).group)).toContain(`${CAROL} admin`);
    expect(phonesIn((await act('demote', CAROL)).group)).toContain(`${CAROL} member`);
    const removed = await act('remove', CAROL);
    expect([removed.results.map(({ code }) => code), phonesIn(removed.group)]).toEqual([
      [200],
      [`${ALICE} owner`, `${BOB} member`],
    ]);
  });

  it('gives, renews and follows invite links, and decides about who asks', async () => {
    await linked(scene, 'dev_c', CAROL);
    const { group: made } = await scene.engine.ask('dev_a', 'createGroup', { subject: 'Open', members: [person(BOB)] });
    const { id } = made;
    const old = await scene.engine.ask('dev_a', 'groupInvite', { id, renew: false });
    const fresh = await scene.engine.ask('dev_a', 'groupInvite', { id, renew: true });
    expect(await reasonOf(scene.engine.ask('dev_c', 'joinGroup', old))).toEqual(['refused', 406]);
    const joined = await scene.engine.ask('dev_c', 'joinGroup', fresh);
    expect([joined.id, joined.group && phonesIn(joined.group)]).toEqual([
      id,
      [`${ALICE} owner`, `${BOB} member`, `${CAROL} member`],
    ]);
    // One who is no admin is refused, with WhatsApp's code.
    expect(await reasonOf(scene.engine.ask('dev_c', 'groupInvite', { id, renew: false }))).toEqual(['refused', 403]);
    expect(await scene.engine.ask('dev_c', 'leaveGroup', { id })).toBeNull();
    await scene.engine.ask('dev_a', 'changeGroup', { id, change: { joinApproval: true } });
    expect(await scene.engine.ask('dev_c', 'joinGroup', fresh)).toEqual({ id, group: null });
    const requests = await scene.engine.ask('dev_a', 'joinRequests', { id });
    expect(requests).toMatchObject([{ address: { phone: CAROL }, requestedAt: expect.any(Number) }]);
    const decided = await scene.engine.ask('dev_a', 'decideJoinRequests', {
      id,
      decision: 'approve',
      members: [person(CAROL)],
    });
    expect([decided.results.map(({ code }) => code), phonesIn(decided.group)]).toEqual([
      [200],
      [`${ALICE} owner`, `${BOB} member`, `${CAROL} member`],
    ]);
  });

  it('records groups others make and change, and being taken out of one', async () => {
    const made = scene.network.group('Made elsewhere', [BOB, ALICE]);
    const id = made.jid.split('@')[0] ?? '';
    const last = () => groupsOf('dev_a').findLast((one) => one.id === id);
    await scene.store.until('the group', () => last()?.subject === 'Made elsewhere');
    await phoneOf(BOB).sendText(made.jid, 'hello all');
    const got = await scene.store.until('its message', () =>
      scene.store.inbound('dev_a').find(({ content }) => content.type === 'text' && content.text.body === 'hello all'),
    );
    expect(got).toMatchObject({ chat: group(id), sender: { phone: BOB } });
    await scene.engine.ask('dev_a', 'markRead', {
      chat: got.chat,
      items: [{ waId: got.waId, participant: got.sender }],
    });
    await expect
      .poll(() => phoneOf(BOB).receipts.find((one) => one.id === got.waId && one.type === 'read')?.chat, PATIENT)
      .toBe(made.jid);
    changeSubject(scene.network.core, made, { by: scene.network.account(BOB), subject: 'Renamed elsewhere' });
    await scene.store.until('the new name', () => last()?.subject === 'Renamed elsewhere');
    const jids = [scene.network.account(ALICE).jid];
    changeMembers(scene.network.core, made, { by: scene.network.account(BOB), action: 'remove', jids });
    await scene.store.until('that it is out', () =>
      scene.store.records('dev_a').find((one) => one.kind === 'group_left' && one.id === id),
    );
  });

  it('reads every group again after each new connection', async () => {
    const known = () => scene.store.records('dev_a').filter((one) => one.kind === 'groups_known').length;
    await scene.store.until('the first reading', () => known() > 0);
    const before = known();
    const from = scene.store.facts('dev_a').length;
    scene.network.kick(ALICE);
    await scene.store.fact('dev_a', 'open', from);
    await scene.store.until('another reading', () => known() > before);
  });

  it('reads and changes name and about, and blocks and unblocks', async () => {
    await scene.engine.send('dev_a', text(BOB, 'so that both know each other'));
    const profile = { name: 'Alice & Co', about: 'Open 9 to 5' };
    await scene.engine.ask('dev_a', 'changeProfile', profile);
    expect(scene.network.account(ALICE).about).toBe('Open 9 to 5');
    await expect.poll(() => scene.network.account(ALICE).name, PATIENT).toBe('Alice & Co');
    expect(await scene.engine.ask('dev_a', 'profile', null)).toEqual({ ...profile, pictureId: null });
    await scene.engine.ask('dev_a', 'block', { person: person(BOB), blocked: true });
    expect(await scene.engine.ask('dev_a', 'blocked', null)).toHaveLength(1);
    await scene.engine.ask('dev_a', 'block', { person: person(BOB), blocked: false });
    expect(await scene.engine.ask('dev_a', 'blocked', null)).toEqual([]);
  });
});

describe.each(['pn', 'lid'] as const)('pictures under %s addressing', (addressing) => {
  let scene: Stage;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'waping-pictures-'));
    scene = await stage({ addressing, caDir: dir });
    scene.network.account(BOB);
    await linked(scene, 'dev_a', ALICE);
    await scene.engine.send('dev_a', text(BOB, 'so that both know each other'));
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });

  const jpegOf = (side: number) => pictureOf(side, side, 'jpeg');
  const news = (from = 0) =>
    scene.store
      .records('dev_a')
      .slice(from)
      .flatMap((one) => (one.kind === 'picture' ? [one] : []));

  async function read(of: Address | null, known: string | null = null) {
    const to = path.join(dir, 'read.jpg');
    const ask = { of, full: true, known, path: to, maxBytes: 100_000 };
    const found = await scene.engine.ask('dev_a', 'picture', ask);
    return found && { ...found, bytes: found.file ? await readFile(to) : null };
  }

  async function set(of: Address | null, bytes: Buffer) {
    const from = path.join(dir, 'set.jpg');
    await writeFile(from, bytes);
    return scene.engine.ask('dev_a', 'changePicture', { of, path: from });
  }

  it('are set, read byte for byte and taken away, the account’s own and a group’s', async () => {
    const made = scene.network.group('Ours', [ALICE, BOB]);
    for (const of of [null, group(made.jid.split('@')[0] ?? '')]) {
      expect(await read(of)).toBeNull();
      const jpeg = await jpegOf(64);
      const { id } = await set(of, jpeg);
      expect(id).toMatch(/^\d+$/);
      expect(await read(of)).toMatchObject({ id, bytes: jpeg });
      expect(await read(of, id)).toEqual({ id, file: null, bytes: null });
      if (of === null) expect(await scene.engine.ask('dev_a', 'profile', null)).toMatchObject({ pictureId: id });
      expect(await scene.engine.ask('dev_a', 'changePicture', { of, path: null })).toEqual({ id: null });
      expect(await read(of)).toBeNull();
    }
  });

  it('of others are read where they let the account, and their changes are told', async () => {
    const bob = scene.network.account(BOB);
    expect(await read(person(BOB))).toBeNull();
    const from = scene.store.records('dev_a').length;
    const jpeg = await jpegOf(640);
    expect(changePicture(scene.network.core, { of: bob, jpeg, by: bob })).toBe(true);
    const told = await scene.store.until('the new picture', () => news(from)[0]);
    expect(told).toMatchObject({ of: { kind: 'person' }, id: bob.picture?.id });
    expect(await read(person(BOB))).toMatchObject({ id: told.id, bytes: jpeg });
    const alice = scene.network.account(ALICE);
    changePicture(scene.network.core, { of: alice, jpeg: await jpegOf(32), by: alice });
    expect(await scene.store.until('the own one', () => news(from)[1])).toMatchObject({ of: null });
    changePicture(scene.network.core, { of: bob, jpeg: undefined, by: bob });
    expect(await scene.store.until('its end', () => news(from)[2])).toMatchObject({ id: null });
    changePicture(scene.network.core, { of: bob, jpeg, by: bob });
    bob.blocked.add(alice.jid);
    expect(await read(person(BOB))).toBeNull();
    bob.blocked.delete(alice.jid);
    const small = { of: person(BOB), full: true, known: null, path: path.join(dir, 'no'), maxBytes: 100 };
    expect(await reasonOf(scene.engine.ask('dev_a', 'picture', small))).toEqual(['refused', MEDIA_REFUSED.tooLarge]);
  });

  it('that WhatsApp does not take are refused', async () => {
    expect(await reasonOf(set(null, await pictureOf(64, 32, 'jpeg')))).toEqual(['refused', 406]);
    expect(await reasonOf(set(person(BOB), await jpegOf(64)))).toEqual(['refused', 403]);
    const others = scene.network.group('Theirs', [BOB]);
    expect(await reasonOf(set(group(others.jid.split('@')[0] ?? ''), await jpegOf(64)))).toEqual(['refused', 403]);
  });
});

describe('a question', () => {
  it('that WhatsApp leaves without an answer ends in time, and those beyond the bound at once', async () => {
    await using scene = await stage({}, { askMs: 1_500 });
    await linked(scene, 'dev_a', ALICE);
    scene.network.faults.muteIq.add('w:g2');
    const asked = Array.from({ length: 33 }, () => scene.engine.ask('dev_a', 'group', { id: '1203630' }));
    const reasons = await Promise.all(asked.map(reasonOf));
    expect(reasons.filter((one) => String(one) === 'too_fast,')).toHaveLength(1);
    expect(reasons.filter((one) => String(one) === 'no_answer,')).toHaveLength(32);
    scene.network.faults.muteIq.clear();
    expect(await reasonOf(scene.engine.ask('dev_a', 'group', { id: '1203630' }))).toEqual(['refused', 404]);
  });

  it('ends with its connection, and is not asked without one', async () => {
    await using scene = await stage();
    expect(await reasonOf(scene.engine.ask('dev_a', 'presence', { available: true }))).toEqual(['not_open', undefined]);
    await linked(scene, 'dev_a', ALICE);
    scene.network.faults.muteIq.add('w:g2');
    const asked = reasonOf(scene.engine.ask('dev_a', 'group', { id: '1203630' }));
    const from = scene.store.facts('dev_a').length;
    // Only once it is on the wire does losing the connection leave its outcome unknown.
    await new Promise<void>((resolve) => {
      const stop = scene.network.on('node', (_connection, item) => {
        if (item.attrs.xmlns !== 'w:g2' || item.attrs.to === '@g.us') return;
        stop();
        resolve();
      });
      void scene.engine.ask('dev_a', 'group', { id: '1203631' }).catch(() => {});
    });
    scene.network.kick(ALICE);
    expect(await asked).toEqual(['no_answer', undefined]);
    await scene.store.fact('dev_a', 'open', from);
  });
});
