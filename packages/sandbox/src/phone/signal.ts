import { Curve, DEFAULT_CONNECTION_CONFIG, generateSignalPubKey, type SignalRepositoryWithLIDStore } from 'baileys';
import { pino } from 'pino';
import type { Companion, PhoneKeys, PublicPreKey, PublishedKeys } from '../accounts.ts';
import { type Node, node } from '../codec/node.ts';
import { SandboxError } from '../errors.ts';
import { deriveBytes, deriveKeyPair } from '../rng.ts';
import { PhoneKeyStore } from './key-store.ts';
import { Mutex } from './mutex.ts';

/** Signal prekeys as others need them to open a session: the published ones, with at most one one-time key. */
export interface Bundle extends Omit<PublishedKeys, 'preKeys'> {
  readonly preKey: PublicPreKey | undefined;
}

const silent = pino({ level: 'silent' });

/** Keys of the phone with this number; they depend on the seed alone. */
export function phoneKeys(seed: string, user: string): PhoneKeys {
  const identity = deriveKeyPair(seed, `phone:${user}:identity`);
  const keyPair = deriveKeyPair(seed, `phone:${user}:signed`);
  const signature = Curve.sign(identity.private, generateSignalPubKey(keyPair.public));
  const registrationId = 1 + (deriveBytes(seed, `phone:${user}:registration`, 2).readUInt16BE() % 16_380);
  return { registrationId, identity, signedPreKey: { keyId: 1, keyPair, signature } };
}

/** The phone's half of every Signal session. Devices are addressed by LID throughout, as current clients do. */
export class PhoneSignal {
  readonly store = new PhoneKeyStore();
  readonly keys: PhoneKeys;
  nextPreKey = 1;
  readonly #seed: string;
  readonly #user: string;
  readonly #repository: SignalRepositoryWithLIDStore;
  readonly #lock = new Mutex();
  readonly #takeBundle: (device: Companion) => Bundle | undefined;

  constructor(fields: { seed: string; user: string; takeBundle: (device: Companion) => Bundle | undefined }) {
    this.#seed = fields.seed;
    this.#user = fields.user;
    this.#takeBundle = fields.takeBundle;
    this.keys = phoneKeys(fields.seed, fields.user);
    const { registrationId, identity, signedPreKey } = this.keys;
    const creds = { registrationId, signedIdentityKey: identity, signedPreKey };
    this.#repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys: this.store }, silent);
  }

  /** A bundle with a fresh one-time prekey, remembered until a message uses it. */
  publish(withPreKey = true): Bundle {
    const { registrationId, identity, signedPreKey } = this.keys;
    return {
      registrationId,
      identity: Buffer.from(identity.public),
      signedPreKey: {
        id: signedPreKey.keyId,
        key: Buffer.from(signedPreKey.keyPair.public),
        signature: Buffer.from(signedPreKey.signature),
      },
      preKey: withPreKey ? this.#mint() : undefined,
    };
  }

  /** Encrypts padded bytes for one linked device, opening a session first when there is none. Throws NO_PREKEYS. */
  encrypt(device: Companion, padded: Uint8Array, attrs: Record<string, string> = {}): Promise<Node> {
    return this.#lock.run(async () => {
      const known = await this.#repository.validateSession(device.lid);
      if (!known.exists) await this.#open(device, this.#takeBundle(device));
      const { type, ciphertext } = await this.#repository.encryptMessage({ jid: device.lid, data: padded });
      return node('enc', { v: '2', type, ...attrs }, ciphertext);
    });
  }

  /** Throws away the session with a device and opens a new one, as after a retry receipt. */
  renew(device: Companion, offered: Bundle | undefined): Promise<void> {
    return this.#lock.run(() => this.#open(device, offered ?? this.#takeBundle(device)));
  }

  /** Returns padded bytes. Throws what Signal throws: no session, used key, bad MAC. */
  decrypt(device: Companion, type: string, ciphertext: Uint8Array): Promise<Uint8Array> {
    const kind = type === 'pkmsg' ? 'pkmsg' : 'msg';
    return this.#lock.run(() => this.#repository.decryptMessage({ jid: device.lid, type: kind, ciphertext }));
  }

  encryptGroup(group: string, self: string, padded: Uint8Array): Promise<{ enc: Node; distribution: Uint8Array }> {
    return this.#lock.run(async () => {
      const sealed = await this.#repository.encryptGroupMessage({ group, meId: self, data: padded });
      const enc = node('enc', { v: '2', type: 'skmsg' }, sealed.ciphertext);
      return { enc, distribution: sealed.senderKeyDistributionMessage };
    });
  }

  decryptGroup(group: string, author: Companion, msg: Uint8Array): Promise<Uint8Array> {
    return this.#lock.run(() => this.#repository.decryptGroupMessage({ group, authorJid: author.lid, msg }));
  }

  learnSenderKey(author: Companion, groupId: string, distribution: Uint8Array): Promise<void> {
    const item = { groupId, axolotlSenderKeyDistributionMessage: distribution };
    return this.#lock.run(() => this.#repository.processSenderKeyDistributionMessage({ authorJid: author.lid, item }));
  }

  close(): void {
    this.#repository.close?.();
  }

  #mint(): PublicPreKey {
    const id = this.nextPreKey++;
    const pair = deriveKeyPair(this.#seed, `phone:${this.#user}:prekey:${id}`);
    this.store.put('pre-key', String(id), pair);
    return { id, key: Buffer.from(pair.public) };
  }

  async #open(device: Companion, bundle: Bundle | undefined): Promise<void> {
    if (!bundle) throw new SandboxError('NO_PREKEYS', `device ${device.id} has published no keys`);
    const { signedPreKey, preKey } = bundle;
    const publicKey = generateSignalPubKey(signedPreKey.key);
    await this.#repository.injectE2ESession({
      jid: device.lid,
      session: {
        registrationId: bundle.registrationId,
        identityKey: generateSignalPubKey(bundle.identity),
        signedPreKey: { keyId: signedPreKey.id, publicKey, signature: signedPreKey.signature },
        ...(preKey ? { preKey: { keyId: preKey.id, publicKey: generateSignalPubKey(preKey.key) } } : {}),
      },
    });
  }
}
