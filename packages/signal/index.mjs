// Signal for Baileys on whatsapp-rust-bridge (WASM). npm resolves Baileys' `libsignal` dependency to this workspace,
// so the GPL-3.0 package of that name is neither installed nor loaded. Only what Baileys calls is here.
import * as bridge from 'whatsapp-rust-bridge';
import * as cryptoPrimitives from './src/crypto.mjs';
import * as curvePrimitives from './src/curve.mjs';
import { withKeyType } from './src/curve.mjs';
import { withOthersUntouched } from './src/session-record.mjs';

export const { ProtocolAddress, SessionRecord } = bridge;
export const curve = curvePrimitives;
export const crypto = cryptoPrimitives;

/** Marks this implementation: the engine refuses to start on any other. */
export const implementation = 'whatsapp-rust-bridge';

const keyPair = ({ pubKey, privKey }) => ({ pubKey: withKeyType(pubKey), privKey });

// The text Baileys knows for a message whose key was used before: it then asks for no second copy.
const KEY_USED = 'Key used already or never filled';

/** The bridge rejects with bare text; Baileys reads `.message` of what it catches and answers nothing without one. */
async function asErrors(work) {
  try {
    return await work();
  } catch (reason) {
    if (reason instanceof Error) throw reason;
    const text = String(reason);
    throw new Error(text.includes('DuplicatedMessage') ? KEY_USED : text, { cause: text });
  }
}

// One bridge storage per Baileys storage: the bridge keeps a reference, so identity must be stable.
const storages = new WeakMap();

function bridgeStorage(storage) {
  const known = storages.get(storage);
  if (known) return known;
  const adapted = {
    /**
     * The records read by what is being opened now, by address; undefined until they are read. One at a time of an
     * address: the engine opens and seals under one lock for each device.
     */
    opening: new Map(),
    loadSession: async (address) => {
      const record = (await storage.loadSession(address))?.serialize() ?? null;
      if (record && adapted.opening.has(address)) adapted.opening.set(address, record);
      return record;
    },
    storeSession: (address, record) => {
      const before = adapted.opening.get(address);
      if (!before) return storage.storeSession(address, record);
      const after = record.serialize();
      const kept = withOthersUntouched(before, after);
      return storage.storeSession(address, kept === after ? record : { serialize: () => kept });
    },
    // Identity changes are followed, as the official clients do: Baileys resets the session when it sees one.
    isTrustedIdentity: () => true,
    getOurIdentity: () => keyPair(storage.getOurIdentity()),
    getOurRegistrationId: () => storage.getOurRegistrationId(),
    loadPreKey: async (id) => {
      const pair = await storage.loadPreKey(id);
      return pair ? keyPair(pair) : null;
    },
    removePreKey: (id) => storage.removePreKey(id),
    // The signature is for others to check; decryption does not read it.
    loadSignedPreKey: async (id) => ({
      keyId: id,
      keyPair: keyPair(storage.loadSignedPreKey(id)),
      signature: new Uint8Array(64),
    }),
    loadSenderKey: async () => null,
    storeSenderKey: async () => {},
  };
  storages.set(storage, adapted);
  return adapted;
}

export class SessionCipher {
  #cipher;
  #opening;
  #address;

  constructor(storage, address) {
    const adapted = bridgeStorage(storage);
    this.#opening = adapted.opening;
    this.#address = address.toString();
    this.#cipher = new bridge.SessionCipher(adapted, address);
  }

  /** @returns {Promise<{ type: number, body: Uint8Array }>} type 3 is a prekey message, 1 a plain one. */
  encrypt(plain) {
    return asErrors(() => this.#cipher.encrypt(plain));
  }

  decryptWhisperMessage(ciphertext) {
    return this.#open(() => this.#cipher.decryptWhisperMessage(ciphertext));
  }

  decryptPreKeyWhisperMessage(ciphertext) {
    return this.#open(() => this.#cipher.decryptPreKeyWhisperMessage(ciphertext));
  }

  async #open(decrypt) {
    this.#opening.set(this.#address, undefined);
    try {
      return Buffer.from(await asErrors(decrypt));
    } finally {
      this.#opening.delete(this.#address);
    }
  }
}

export class SessionBuilder {
  #builder;

  constructor(storage, address) {
    this.#builder = new bridge.SessionBuilder(bridgeStorage(storage), address);
  }

  initOutgoing(bundle) {
    return asErrors(() => this.#builder.processPreKeyBundle(bundle));
  }
}
