import { Curve, DEFAULT_CONNECTION_CONFIG, generateSignalPubKey, initAuthCreds } from 'baileys';
import { expect, it } from 'vitest';
import type { KeyType, KeyValue } from './key-codec.ts';
import { SignalKeys } from './key-store.ts';
import { SILENT_LOGGER } from './library.ts';
import { InboundTap } from './signal.ts';
import { WriteStream } from './write-stream.ts';

/** One side of a chat, with the repository Baileys gets, over WAPing's keys and Signal package. */
function party(jid: string) {
  const creds = initAuthCreds();
  const sealer = {
    keys: () => ({ kind: 'keys' as const, entries: [] }),
    credentials: () => ({ kind: 'credentials' as const, sealed: new Uint8Array(0) }),
  };
  const stream: WriteStream = new WriteStream(sealer, () => void stream.take());
  const nothing = async (_type: KeyType, _ids: string[]) => new Map<string, KeyValue>();
  const keys = new SignalKeys(nothing, stream, 1_000);
  const preKey = Curve.generateKeyPair();
  keys.set({ 'pre-key': { 1: preKey } });
  const auth = { creds, keys: keys.forBaileys() };
  const tap = new InboundTap({
    keys,
    stream,
    self: () => undefined,
    handled: () => {},
    stored: async () => false,
    sealSecret: (_waId, secret) => secret,
    sealMedia: ({ key }) => key,
    sealHistory: (_waId, reference) => reference,
    historyAnnounced: () => {},
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
