import { Curve, makeNoiseHandler, NOISE_WA_HEADER, proto, WA_CERT_DETAILS } from 'baileys';
import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { deriveKeyPair } from '../rng.ts';
import { certificateChain } from './certificate.ts';
import { NoiseResponder } from './responder.ts';
import { SymmetricState } from './symmetric.ts';
import { TransportCipher } from './transport-cipher.ts';

const keys = {
  root: deriveKeyPair('noise', 'root'),
  intermediate: deriveKeyPair('noise', 'mid'),
  leaf: deriveKeyPair('noise', 'leaf'),
};
const identity = { staticKey: keys.leaf, certificate: certificateChain(keys, Math.floor(Date.now() / 1000)) };
const logger = pino({ level: 'silent' });

beforeAll(() => {
  Object.assign(WA_CERT_DETAILS, { PUBLIC_KEY: Buffer.from(keys.root.public), SERIAL: 0 });
});

/** Plays Baileys' own client half of XX against the responder. */
function shakeHands(server = identity) {
  const keyPair = Curve.generateKeyPair();
  const noiseKey = Curve.generateKeyPair();
  const client = makeNoiseHandler({ keyPair, NOISE_HEADER: NOISE_WA_HEADER, logger });
  const responder = new NoiseResponder(server, NOISE_WA_HEADER);
  const hello = proto.HandshakeMessage.encode({ clientHello: { ephemeral: keyPair.public } }).finish();
  const { reply = Buffer.alloc(0) } = responder.step(hello);
  const sealedKey = client.processHandshake(proto.HandshakeMessage.decode(reply), noiseKey);
  const payload = client.encrypt(Buffer.from('hello'));
  const finish = proto.HandshakeMessage.encode({ clientFinish: { static: sealedKey, payload } }).finish();
  return { noiseKey, client, finish, responder };
}

describe('the Noise handshake', () => {
  it('ends with both sides knowing each other, for a client that knows only the root', async () => {
    const { noiseKey, client, finish, responder } = shakeHands();
    const { done } = responder.step(finish);
    await client.finishInit();
    expect(done?.payload.toString()).toBe('hello');
    expect(done?.clientStatic.equals(noiseKey.public)).toBe(true);
    expect(done?.cipher.decrypt(Buffer.from(client.encrypt(Buffer.from('up')))).toString()).toBe('up');
    expect(client.decrypt(done?.cipher.encrypt(Buffer.from('down')) ?? Buffer.alloc(0)).toString()).toBe('down');
  });

  it('is refused by a client when another root signed the chain', () => {
    const stranger = { ...keys, root: deriveKeyPair('noise', 'stranger') };
    const forged = { ...identity, certificate: certificateChain(stranger, 1_800_000_000) };
    expect(() => shakeHands(forged)).toThrow(/signature invalid/);
  });

  it('refuses a client finish that was changed on the way', () => {
    const { finish, responder } = shakeHands();
    const changed = Buffer.from(finish);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    expect(() => responder.step(changed)).toThrow();
  });

  it('refuses a hello without an ephemeral key', () => {
    const responder = new NoiseResponder(identity, NOISE_WA_HEADER);
    expect(() => responder.step(proto.HandshakeMessage.encode({ clientHello: {} }).finish())).toThrow(/ephemeral/);
  });

  it('takes one round trip for a client that knows the static key (IK)', () => {
    const ephemeral = Curve.generateKeyPair();
    const noiseKey = Curve.generateKeyPair();
    const client = new SymmetricState('Noise_IK_25519_AESGCM_SHA256\0\0\0\0', NOISE_WA_HEADER);
    client.mixHash(keys.leaf.public);
    client.mixHash(ephemeral.public);
    client.mixKey(Curve.sharedKey(ephemeral.private, keys.leaf.public));
    const sealedStatic = client.encryptAndHash(noiseKey.public);
    client.mixKey(Curve.sharedKey(noiseKey.private, keys.leaf.public));
    const payload = client.encryptAndHash(Buffer.from('again'));
    const clientHello = { ephemeral: ephemeral.public, static: sealedStatic, payload };
    const step = new NoiseResponder(identity, NOISE_WA_HEADER).step(
      proto.HandshakeMessage.encode({ clientHello }).finish(),
    );
    const { serverHello } = proto.HandshakeMessage.decode(step.reply ?? Buffer.alloc(0));
    const server = serverHello?.ephemeral ?? Buffer.alloc(0);
    client.mixHash(server);
    client.mixKey(Curve.sharedKey(ephemeral.private, server));
    client.mixKey(Curve.sharedKey(noiseKey.private, server));
    expect(client.decryptAndHash(serverHello?.payload ?? Buffer.alloc(0)).equals(identity.certificate)).toBe(true);
    const { receive, send } = client.split();
    const transport = new TransportCipher({ receive: send, send: receive });
    expect(step.done?.payload.toString()).toBe('again');
    expect(step.done?.cipher.decrypt(transport.encrypt(Buffer.from('up'))).toString()).toBe('up');
  });
});
