import {
  decodePatches,
  decodeSyncdPatch,
  decodeSyncdSnapshot,
  encodeSyncdPatch,
  newLTHashState,
  proto,
  type WAPatchCreate,
  type WAPatchName,
} from 'baileys';
import { describe, expect, it } from 'vitest';
import { bytes, child, children, type Node, node } from '../codec/node.ts';
import { BlobStore } from '../media/blob-store.ts';
import { RandomStream } from '../rng.ts';
import { type AppStateChange, AppStateServer, COLLECTIONS, type CollectionName } from './index.ts';

const USER = '15550001';
const CHAT = '15550002@s.whatsapp.net';

function setUp(blobs?: BlobStore) {
  const changes: AppStateChange[] = [];
  const server = new AppStateServer({
    random: new RandomStream('app-state-test', 'keys'),
    ...(blobs ? { blobs } : {}),
    onChange: (change) => changes.push(change),
  });
  const { id, data } = server.keyOf(USER);
  const keyId = id.toString('base64');
  const getKey = async (asked: string) => (asked === keyId ? { keyData: data } : undefined);
  return { server, changes, keyId, getKey };
}

function ask(server: AppStateServer, attrs: Record<string, string>, patch?: Uint8Array, device = 1): Node {
  const collection = node('collection', attrs, patch ? [node('patch', {}, patch)] : undefined);
  const iq = node('iq', { id: 'q1', xmlns: 'w:sync:app:state', to: 's.whatsapp.net' }, [
    node('sync', {}, [collection]),
  ]);
  const answer = server.handleSync({ user: USER }, { id: device }, iq);
  const [first] = children(child(answer, 'sync'), 'collection');
  if (!first) throw new Error('no collection in the answer');
  return first;
}

function patchesIn(collection: Node): proto.SyncdPatch[] {
  return children(child(collection, 'patches'), 'patch').map((item) => proto.SyncdPatch.decode(bytes(item)));
}

const archive = (archived: boolean): WAPatchCreate => ({
  type: 'regular_low',
  index: ['archive', CHAT],
  syncAction: { timestamp: 1, archiveChatAction: { archived } },
  apiVersion: 3,
  operation: proto.SyncdMutation.SyncdOperation.SET,
});

describe('patches made by the phone', () => {
  it('pass every MAC check of a client', async () => {
    const { server, getKey } = setUp();
    server.act(USER, { type: 'archive', chat: CHAT, on: true });
    server.act(USER, { type: 'pin', chat: CHAT, on: true });
    server.act(USER, { type: 'archive', chat: CHAT, on: false });
    const answer = ask(server, { name: 'regular_low', version: '0' });
    const patches = patchesIn(answer);
    expect(patches).toHaveLength(3);
    let state = newLTHashState();
    for (const patch of patches) {
      const seen: unknown[] = [];
      const next = await decodeSyncdPatch(patch, 'regular_low', state, getKey, (item) => seen.push(item.index), true);
      expect(seen).toHaveLength(1);
      state = { ...next, version: state.version + 1 };
    }
    expect(state.hash).toEqual(server.account(USER).phone.collection('regular_low').hash);
    const all = await decodePatches(
      'regular_low',
      patchesIn(answer),
      newLTHashState(),
      getKey,
      {},
      undefined,
      undefined,
      true,
    );
    expect(all.state).toMatchObject({ version: 3, hash: state.hash });
    expect(Object.values(all.mutationMap).map((item) => item.index[0])).toEqual(['archive', 'pin_v1']);
  });

  it('carry an action in the collection where clients look for it', async () => {
    const { server } = setUp();
    server.act(USER, { type: 'contact', jid: CHAT, name: 'Ada Lovelace' });
    server.act(USER, { type: 'mute', chat: CHAT, until: 99_000 });
    server.act(USER, { type: 'pushName', name: 'Me' });
    const { phone } = server.account(USER);
    expect(phone.value('critical_unblock_low', ['contact', CHAT])?.contactAction).toMatchObject({ firstName: 'Ada' });
    expect(Number(phone.value('regular_high', ['mute', CHAT])?.muteAction?.muteEndTimestamp)).toBe(99_000);
    expect(phone.value('critical_block', ['setting_pushName'])?.pushNameSetting?.name).toBe('Me');
    server.act(USER, { type: 'contact', jid: CHAT, name: undefined });
    expect(phone.value('critical_unblock_low', ['contact', CHAT])).toBeUndefined();
  });
});

describe('a snapshot', () => {
  it('passes the MAC check of a client after sets, a replacement and a removal', async () => {
    const blobs = new BlobStore();
    const { server, getKey } = setUp(blobs);
    const name = 'critical_unblock_low';
    server.act(USER, { type: 'contact', jid: CHAT, name: 'One' });
    server.act(USER, { type: 'contact', jid: CHAT, name: 'Two' });
    server.act(USER, { type: 'contact', jid: '15550003@s.whatsapp.net', name: 'Gone' });
    server.act(USER, { type: 'contact', jid: '15550003@s.whatsapp.net', name: undefined });
    const snapshot = proto.SyncdSnapshot.decode(server.account(USER).collection(name).snapshot());
    const warnings: unknown[] = [];
    const { state, mutationMap } = await decodeSyncdSnapshot(name, snapshot, getKey, undefined, true, warner(warnings));
    expect(warnings).toEqual([]);
    expect(state).toMatchObject({ version: 4, hash: server.account(USER).phone.collection(name).hash });
    expect(Object.values(mutationMap).map((item) => item.syncAction.value?.contactAction?.fullName)).toEqual(['Two']);
  });

  it('is handed out as an encrypted blob, and old blobs do not pile up', () => {
    const blobs = new BlobStore();
    const { server } = setUp(blobs);
    for (let round = 0; round < 25; round++) {
      server.act(USER, { type: 'pin', chat: CHAT, on: round % 2 === 0 });
      if (round < 20) continue;
      const answer = ask(server, { name: 'regular_low', version: '0', return_snapshot: 'true' });
      const reference = proto.ExternalBlobReference.decode(bytes(child(answer, 'snapshot')));
      expect(blobs.get((reference.directPath ?? '').split('?')[0] ?? '')).toBeDefined();
    }
    expect(blobs.count).toBe(2);
  });

  it('is what a client gets that has a version but does not trust it', () => {
    const { server } = setUp(new BlobStore());
    for (const on of [true, false]) server.act(USER, { type: 'pin', chat: CHAT, on });
    const first = ask(server, { name: 'regular_low', version: '0', return_snapshot: 'true' });
    expect([child(first, 'snapshot'), patchesIn(first).length]).toEqual([undefined, 2]);
    for (const version of ['1', '2', '9']) {
      expect(child(ask(server, { name: 'regular_low', version, return_snapshot: 'true' }), 'snapshot')).toBeDefined();
    }
  });

  it('is not offered for an empty collection', () => {
    const { server } = setUp(new BlobStore());
    for (const name of COLLECTIONS) {
      const answer = ask(server, { name, version: '0', return_snapshot: 'true' });
      expect([answer.attrs.type, answer.attrs.version, answer.content]).toEqual(['result', '0', undefined]);
    }
  });
});

/** The part of Baileys' logger that a failed MAC check speaks to. */
function warner(warnings: unknown[]) {
  const ignore = () => undefined;
  const logger = { level: 'warn', trace: ignore, debug: ignore, info: ignore, error: ignore };
  return { ...logger, warn: (item: unknown) => warnings.push(item), child: () => warner(warnings) };
}

describe('patches uploaded by a client', () => {
  async function upload(context: ReturnType<typeof setUp>, patch: WAPatchCreate, state = newLTHashState(), device = 1) {
    const made = await encodeSyncdPatch(patch, context.keyId, state, context.getKey);
    const attrs = { name: patch.type, version: String(made.state.version - 1) };
    const answer = ask(context.server, attrs, proto.SyncdPatch.encode(made.patch).finish(), device);
    return { answer, state: made.state };
  }

  it('are read by the phone, which then continues from the same hash', async () => {
    const context = setUp();
    const first = await upload(context, archive(true));
    expect(first.answer.attrs).toMatchObject({ type: 'result', version: '1' });
    const [change] = context.changes;
    expect(change).toMatchObject({ user: USER, author: 1, collection: 'regular_low', version: 1 });
    expect(change?.mutations[0]).toMatchObject({ index: ['archive', CHAT], operation: 'set' });
    expect(context.server.account(USER).phone.collection('regular_low').hash).toEqual(first.state.hash);
    context.server.act(USER, { type: 'pin', chat: CHAT, on: true });
    const [next] = patchesIn(ask(context.server, { name: 'regular_low', version: '1' }));
    if (!next) throw new Error('no patch');
    const decoded = await decodePatches(
      'regular_low',
      [next],
      first.state,
      context.getKey,
      {},
      undefined,
      undefined,
      true,
    );
    expect(decoded.state.hash).toEqual(context.server.account(USER).phone.collection('regular_low').hash);
  });

  it('conflict when another device was first, and the answer brings what was missed', async () => {
    const context = setUp();
    await upload(context, archive(true), newLTHashState(), 2);
    const late = await upload(context, archive(false));
    expect(late.answer.attrs.type).toBe('error');
    expect(child(late.answer, 'error')?.attrs).toEqual({ code: '409', text: 'conflict' });
    const missed = await decodePatches(
      'regular_low',
      patchesIn(late.answer),
      newLTHashState(),
      context.getKey,
      {},
      undefined,
    );
    expect(missed.state.version).toBe(1);
    expect((await upload(context, archive(false), missed.state)).answer.attrs).toMatchObject({ version: '2' });
  });

  it('with a wrong MAC are stored but refused by the phone', async () => {
    const context = setUp();
    const made = await encodeSyncdPatch(archive(true), context.keyId, newLTHashState(), context.getKey);
    const tampered = { ...made.patch, patchMac: Buffer.alloc(32) };
    ask(context.server, { name: 'regular_low', version: '0' }, proto.SyncdPatch.encode(tampered).finish());
    expect(context.changes[0]).toMatchObject({ mutations: [], refused: 'app-state patch refused: patch MAC' });
    expect(context.server.account(USER).phone.value('regular_low', ['archive', CHAT])).toBeUndefined();
  });

  it('that are no protobuf are a bad request', () => {
    const { server } = setUp();
    const answer = ask(server, { name: 'regular', version: '0' }, Buffer.from('garbage'));
    expect(child(answer, 'error')?.attrs.code).toBe('400');
  });

  it('into an unknown collection are a bad request', () => {
    const { server } = setUp();
    expect(child(ask(server, { name: 'nonsense', version: '0' }), 'error')?.attrs.code).toBe('400');
  });
});

describe('many patches', () => {
  it('come in pages until has_more_patches is false', async () => {
    const { server, getKey } = setUp();
    for (let round = 0; round < 120; round++) server.act(USER, { type: 'pin', chat: CHAT, on: round % 2 === 0 });
    let state = newLTHashState();
    let pages = 0;
    for (let more = true; more; pages++) {
      const answer = ask(server, { name: 'regular_low', version: String(state.version) });
      state = (await decodePatches('regular_low', patchesIn(answer), state, getKey, {}, undefined)).state;
      more = answer.attrs.has_more_patches === 'true';
    }
    expect([pages, state.version]).toEqual([3, 120]);
  });

  it('are forgotten at a bound, after which an old client gets the snapshot', () => {
    const { server } = setUp(new BlobStore());
    for (let round = 0; round < 1_001; round++) server.act(USER, { type: 'pin', chat: CHAT, on: round % 2 === 0 });
    expect(child(ask(server, { name: 'regular_low', version: '3' }), 'snapshot')).toBeDefined();
    expect(child(ask(server, { name: 'regular_low', version: '1000' }), 'snapshot')).toBeUndefined();
  });
});

describe('saved and loaded state', () => {
  it('goes on where it stopped, with the same key', () => {
    const { server } = setUp();
    server.act(USER, { type: 'archive', chat: CHAT, on: true });
    const other = setUp().server;
    other.load(server.save());
    expect(other.keyOf(USER)).toEqual(server.keyOf(USER));
    expect(other.act(USER, { type: 'pin', chat: CHAT, on: true })).toBe(2);
    const names: readonly (CollectionName & WAPatchName)[] = COLLECTIONS;
    for (const name of names)
      expect(other.account(USER).phone.collection(name).version).toBe(name === 'regular_low' ? 2 : 0);
  });
});
