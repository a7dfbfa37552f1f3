import type { SignalDataSet, SignalDataTypeMap, SignalKeyStoreWithTransaction } from 'baileys';

type Kind = keyof SignalDataTypeMap;

/** Signal state of one phone in plain maps, by kind and id. Callers hold the phone's lock, so a transaction is a call. */
export class PhoneKeyStore implements SignalKeyStoreWithTransaction {
  readonly data = new Map<string, Map<string, unknown>>();

  async get<T extends Kind>(type: T, ids: string[]): Promise<{ [id: string]: SignalDataTypeMap[T] }> {
    const found: { [id: string]: SignalDataTypeMap[T] } = {};
    const values = this.data.get(type);
    if (!values) return found;
    for (const id of ids) {
      const value = values.get(id);
      if (value !== undefined) found[id] = stored<T>(value);
    }
    return found;
  }

  async set(changes: SignalDataSet): Promise<void> {
    for (const [type, values] of Object.entries(changes)) {
      for (const [id, value] of Object.entries(values ?? {})) this.put(type, id, value);
    }
  }

  put(type: string, id: string, value: unknown): void {
    const values = this.data.get(type) ?? new Map<string, unknown>();
    this.data.set(type, values);
    if (value === null || value === undefined) values.delete(id);
    else values.set(id, value);
  }

  isInTransaction(): boolean {
    return true;
  }

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
}

/** Guarantee: `set` files a value under the kind it was typed with, so what comes out has that kind's type. */
function stored<T extends Kind>(value: unknown): SignalDataTypeMap[T] {
  return value as SignalDataTypeMap[T];
}
