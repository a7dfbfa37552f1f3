import { Curve, type KeyPair, proto } from 'baileys';
import { SandboxError } from '../errors.ts';
import { SymmetricState } from './symmetric.ts';
import { TransportCipher } from './transport-cipher.ts';

const XX = 'Noise_XX_25519_AESGCM_SHA256\0\0\0\0';
const IK = 'Noise_IK_25519_AESGCM_SHA256\0\0\0\0';

export interface ServerIdentity {
  readonly staticKey: KeyPair;
  readonly certificate: Buffer;
}

/** What a finished handshake yields: who connected, what it said, and the cipher for everything after. */
export interface HandshakeResult {
  readonly clientStatic: Buffer;
  readonly payload: Buffer;
  readonly cipher: TransportCipher;
}

export interface HandshakeStep {
  readonly reply?: Buffer;
  readonly done?: HandshakeResult;
}

/** Server side of WhatsApp's Noise handshake: XX for clients that know nothing, IK for those that know our static key. */
export class NoiseResponder {
  readonly #identity: ServerIdentity;
  readonly #prologue: Buffer;
  readonly #ephemeral: KeyPair = Curve.generateKeyPair();
  #state: SymmetricState | undefined;

  constructor(identity: ServerIdentity, prologue: Buffer) {
    this.#identity = identity;
    this.#prologue = prologue;
  }

  /** Takes one handshake frame. Throws on anything malformed or wrongly authenticated. */
  step(frame: Uint8Array): HandshakeStep {
    const message = proto.HandshakeMessage.decode(frame);
    if (this.#state) return { done: this.#finishXx(this.#state, message.clientFinish) };
    const hello = message.clientHello;
    if (!hello?.ephemeral?.length) throw new SandboxError('PROTOCOL', 'handshake without an ephemeral key');
    if (hello.static?.length && hello.payload?.length) {
      return this.#ik({ ephemeral: hello.ephemeral, static: hello.static, payload: hello.payload });
    }
    return { reply: this.#xx(hello.ephemeral) };
  }

  #xx(clientEphemeral: Uint8Array): Buffer {
    const { staticKey, certificate } = this.#identity;
    const state = new SymmetricState(XX, this.#prologue);
    state.mixHash(clientEphemeral);
    state.mixHash(this.#ephemeral.public);
    state.mixKey(Curve.sharedKey(this.#ephemeral.private, clientEphemeral));
    const encryptedStatic = state.encryptAndHash(staticKey.public);
    state.mixKey(Curve.sharedKey(staticKey.private, clientEphemeral));
    this.#state = state;
    return serverHello({
      ephemeral: this.#ephemeral.public,
      static: encryptedStatic,
      payload: state.encryptAndHash(certificate),
    });
  }

  #finishXx(state: SymmetricState, finish: proto.HandshakeMessage.IClientFinish | null | undefined): HandshakeResult {
    if (!finish?.static || !finish.payload) throw new SandboxError('PROTOCOL', 'handshake without a client finish');
    const clientStatic = state.decryptAndHash(finish.static);
    state.mixKey(Curve.sharedKey(this.#ephemeral.private, clientStatic));
    return finished(state, clientStatic, finish.payload);
  }

  #ik(hello: { ephemeral: Uint8Array; static: Uint8Array; payload: Uint8Array }): HandshakeStep {
    const { staticKey, certificate } = this.#identity;
    const state = new SymmetricState(IK, this.#prologue);
    state.mixHash(staticKey.public);
    state.mixHash(hello.ephemeral);
    state.mixKey(Curve.sharedKey(staticKey.private, hello.ephemeral));
    const clientStatic = state.decryptAndHash(hello.static);
    state.mixKey(Curve.sharedKey(staticKey.private, clientStatic));
    const payload = state.decryptAndHash(hello.payload);
    state.mixHash(this.#ephemeral.public);
    state.mixKey(Curve.sharedKey(this.#ephemeral.private, hello.ephemeral));
    state.mixKey(Curve.sharedKey(this.#ephemeral.private, clientStatic));
    const reply = serverHello({ ephemeral: this.#ephemeral.public, payload: state.encryptAndHash(certificate) });
    return { reply, done: { clientStatic, payload, cipher: new TransportCipher(state.split()) } };
  }
}

function finished(state: SymmetricState, clientStatic: Buffer, sealed: Uint8Array): HandshakeResult {
  const payload = state.decryptAndHash(sealed);
  return { clientStatic, payload, cipher: new TransportCipher(state.split()) };
}

function serverHello(hello: proto.HandshakeMessage.IServerHello): Buffer {
  return Buffer.from(proto.HandshakeMessage.encode({ serverHello: hello }).finish());
}
