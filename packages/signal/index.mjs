// Signal for Baileys on whatsapp-rust-bridge (WASM). npm resolves Baileys' `libsignal` dependency to this workspace,
// so the GPL-3.0 package of that name is neither installed nor loaded. Only what Baileys calls is here.
import * as bridge from 'whatsapp-rust-bridge';
import * as cryptoPrimitives from './src/crypto.mjs';
import * as curvePrimitives from './src/curve.mjs';
import { withKeyType } from './src/curve.mjs';

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
    loadSession: async (address) => (await storage.loadSession(address))?.serialize() ?? null,
    storeSession: (address, record) => storage.storeSession(address, record),
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

  constructor(storage, address) {
    this.#cipher = new bridge.SessionCipher(bridgeStorage(storage), address);
  }

  /** @returns {Promise<{ type: number, body: Uint8Array }>} type 3 is a prekey message, 1 a plain one. */
  encrypt(plain) {
    return asErrors(() => this.#cipher.encrypt(plain));
  }

  async decryptWhisperMessage(ciphertext) {
    return Buffer.from(await asErrors(() => this.#cipher.decryptWhisperMessage(ciphertext)));
  }

  async decryptPreKeyWhisperMessage(ciphertext) {
    return Buffer.from(await asErrors(() => this.#cipher.decryptPreKeyWhisperMessage(ciphertext)));
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
