import {
  type AuthenticationCreds,
  type AuthenticationState,
  BufferJSON,
  initAuthCreds,
  proto,
  type SignalDataSet,
  type SignalDataTypeMap,
} from 'baileys';

type Kind = keyof SignalDataTypeMap;

/** Baileys' credentials and keys as text, so that nothing is shared between a client and its successor. */
export class MemoryAuth {
  readonly #values = new Map<string, string>();
  #creds: string;

  constructor(creds: AuthenticationCreds = initAuthCreds()) {
    this.#creds = JSON.stringify(creds, BufferJSON.replacer);
  }

  /** State for one socket; credentials are copied, keys are read and written through. */
  state(): AuthenticationState {
    const creds: AuthenticationCreds = JSON.parse(this.#creds, BufferJSON.reviver);
    return {
      creds,
      keys: {
        get: async (type, ids) => this.#read(type, ids),
        set: async (changes) => this.#write(changes),
      },
    };
  }

  save(creds: AuthenticationCreds): void {
    this.#creds = JSON.stringify(creds, BufferJSON.replacer);
  }

  /** A copy that lives on its own, as after a restart from disk. */
  clone(): MemoryAuth {
    const copy = new MemoryAuth(JSON.parse(this.#creds, BufferJSON.reviver));
    for (const [key, value] of this.#values) copy.#values.set(key, value);
    return copy;
  }

  /** Ids stored under one kind. */
  ids(type: Kind): string[] {
    const prefix = `${type} `;
    return Array.from(this.#values.keys()).flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
  }

  #read<T extends Kind>(type: T, ids: string[]): { [id: string]: SignalDataTypeMap[T] } {
    const found: { [id: string]: SignalDataTypeMap[T] } = {};
    for (const id of ids) {
      const value = this.#values.get(`${type} ${id}`);
      if (value !== undefined) found[id] = revive(type, JSON.parse(value, BufferJSON.reviver));
    }
    return found;
  }

  #write(changes: SignalDataSet): void {
    for (const [type, values] of Object.entries(changes)) {
      for (const [id, value] of Object.entries(values ?? {})) {
        if (value === null) this.#values.delete(`${type} ${id}`);
        else this.#values.set(`${type} ${id}`, JSON.stringify(value, BufferJSON.replacer));
      }
    }
  }
}

/** Protobuf objects write their bytes as base64 text; only the message type turns them back (as Baileys' own stores do). */
function revive<T extends Kind>(type: T, value: unknown): SignalDataTypeMap[T] {
  if (type !== 'app-state-sync-key' || typeof value !== 'object' || value === null) return sameKind<T>(value);
  return sameKind<T>(proto.Message.AppStateSyncKeyData.fromObject(value));
}

/** Guarantee: called with what was stored under this kind, decoded. */
function sameKind<T extends Kind>(value: unknown): SignalDataTypeMap[T] {
  return value as SignalDataTypeMap[T];
}
