import { Curve, DEFAULT_CONNECTION_CONFIG, generateSignalPubKey, initAuthCreds, proto } from 'baileys';
import { expect, it } from 'vitest';
import type { EngineRecord } from '../../port.ts';
import type { Self } from './envelope.ts';
import type { KeyType, KeyValue } from './key-codec.ts';
import { SignalKeys } from './key-store.ts';
import { SILENT_LOGGER } from './library.ts';
import { InboundTap } from './signal.ts';
import { WriteStream } from './write-stream.ts';

/** One side of a chat, with the repository Baileys gets, over WAPing's keys and Signal package. */
function party(jid: string, self?: Self) {
  const creds = initAuthCreds();
  /** Names of the keys that became durable together. */
  const groups: string[][] = [];
  const records: EngineRecord[] = [];
  const appStateKeys: string[] = [];
  const sealer = {
    keys: (writes: Iterable<{ type: string; id: string }>) => {
      groups.push(Array.from(writes, ({ type, id }) => `${type}/${id}`));
      return { kind: 'keys' as const, entries: [] };
    },
    credentials: () => ({ kind: 'credentials' as const, sealed: new Uint8Array(0) }),
  };
  const stream: WriteStream = new WriteStream(sealer, () => {
    records.push(...(stream.take()?.records ?? []));
  });
  const nothing = async (_type: KeyType, _ids: string[]) => new Map<string, KeyValue>();
  const keys = new SignalKeys(nothing, stream, 1_000);
  const preKey = Curve.generateKeyPair();
  keys.set({ 'pre-key': { 1: preKey } });
  const auth = { creds, keys: keys.forBaileys() };
  const tap = new InboundTap({
    keys,
    stream,
    self: () => self,
    unreadable: () => {},
    handled: () => {},
    stored: async () => false,
    sealSecret: (_waId, secret) => secret,
    sealMedia: ({ key }) => key,
    sealHistory: (_waId, reference) => reference,
    historyAnnounced: () => {},
    appStateKey: (id) => appStateKeys.push(id),
  });
  const repository = tap.wrap(
    (ask) => DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, SILENT_LOGGER, ask),
    undefined,
  );
  const { keyPair, keyId, signature } = creds.signedPreKey;
  const bundle = {
    registrationId: creds.registrationId,
    identityKey: generateSignalPubKey(creds.signedIdentityKey.public),
    signedPreKey: { keyId, publicKey: generateSignalPubKey(keyPair.public), signature },
    preKey: { keyId: 1, publicKey: generateSignalPubKey(preKey.public) },
  };
  return {
    jid,
    keys,
    tap,
    repository,
    bundle,
    groups,
    records,
    appStateKeys,
    waiting: [] as { type: 'msg' | 'pkmsg'; ciphertext: Uint8Array; body: string }[],
  };
}

/** The same numbers for the same seed, from 0 to below 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'two who begin to write to each other at once open everything, in any order of things (seed %i)',
  async (seed) => {
    const next = numbers(seed);
    const [one, two] = [party('15550001@s.whatsapp.net'), party('15550002@s.whatsapp.net')];
    // Each knew the other under the identity of an earlier installation.
    for (const [here, there] of [
      [one, two],
      [two, one],
    ] as const) {
      const address = here.repository.jidToSignalProtocolAddress(there.jid);
      here.keys.set({ 'identity-key': { [address]: generateSignalPubKey(Curve.generateKeyPair().public) } });
    }
    await one.repository.injectE2ESession({ jid: two.jid, session: two.bundle });
    await two.repository.injectE2ESession({ jid: one.jid, session: one.bundle });
    const write = async (from: typeof one, to: typeof one, body: string) => {
      const sealed = await from.repository.encryptMessage({ jid: to.jid, data: Buffer.from(body) });
      to.waiting.push({ ...sealed, body });
    };
    const read = async (at: typeof one, from: typeof one) => {
      const message = at.waiting.shift();
      if (!message) return 0;
      const { type, ciphertext, body } = message;
      const opened = await at.repository.decryptMessage({ jid: from.jid, type, ciphertext });
      expect(Buffer.from(opened).toString()).toBe(body);
      return 1;
    };
    let opened = 0;
    for (let step = 0; step < 150; step++) {
      const [here, there] = next() < 0.5 ? [one, two] : [two, one];
      if (next() < 0.5) await write(here, there, `${here.jid} ${step}`);
      else opened += await read(here, there);
    }
    while (one.waiting.length + two.waiting.length > 0) opened += (await read(one, two)) + (await read(two, one));
    expect(opened).toBeGreaterThan(40);
  },
);

it('gives a new session beside the one that stands to who asks for it, once, and to nobody else', async () => {
  const [one, two] = [party('15550001@s.whatsapp.net'), party('15550002@s.whatsapp.net')];
  const address = one.repository.jidToSignalProtocolAddress(two.jid);
  const inject = async () => {
    await one.repository.injectE2ESession({ jid: two.jid, session: two.bundle });
    return (await one.keys.get('session', [address]))[address];
  };
  const first = await inject();
  expect(await inject()).toEqual(first);
  one.tap.asked(two.jid);
  const renewed = await inject();
  expect(renewed).not.toEqual(first);
  expect(await inject()).toEqual(renewed);
});

it('stores keys of the app state that the own phone shares with the ratchet that opened them', async () => {
  const id = '15550001:3@s.whatsapp.net';
  const [phone, device] = [party('15550001@s.whatsapp.net'), party(id, { id })];
  await phone.repository.injectE2ESession({ jid: device.jid, session: device.bundle });
  const keys = [8, 9].map((last) => ({
    keyId: { keyId: Buffer.of(0, 0, 0, 0, 0, last) },
    keyData: { keyData: Buffer.alloc(32, last), timestamp: 1 },
  }));
  const type = proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE;
  const share = proto.Message.encode({ protocolMessage: { type, appStateSyncKeyShare: { keys } } }).finish();
  const sealed = await phone.repository.encryptMessage({ jid: device.jid, data: Buffer.concat([share, Buffer.of(1)]) });
  const enc = { tag: 'enc', attrs: { v: '2', type: sealed.type }, content: sealed.ciphertext };
  const attrs = { id: 'S1', from: phone.jid, category: 'peer', t: '1700000000' };
  device.tap.remember({ tag: 'message', attrs, content: [enc] });
  await device.repository.decryptMessage({ jid: phone.jid, ...sealed });
  const group = device.groups.find((names) => names.some((name) => name.startsWith('session/')));
  expect(group).toEqual(expect.arrayContaining(['app-state-sync-key/AAAAAAAI', 'app-state-sync-key/AAAAAAAJ']));
  expect(device.appStateKeys).toEqual(['AAAAAAAJ']);
});

it('notes a message without content in the turn in which it is seen, before it can be acknowledged', () => {
  const device = party('15550001:3@s.whatsapp.net', { id: '15550001:3@s.whatsapp.net' });
  const attrs = { id: 'W1', from: '15550002@s.whatsapp.net', t: '1700000000' };
  const content = [{ tag: 'unavailable', attrs: {} }];
  for (let i = 0; i < 2; i++) device.tap.remember({ tag: 'message', attrs, content });
  const noted = device.records.filter(({ kind }) => kind === 'undecryptable');
  const sender = { kind: 'person', phone: '+15550002' };
  expect(noted).toMatchObject([{ waId: 'W1', reason: 'unavailable', chat: sender, sender, fromMe: false }]);
});
