/**
 * JSON for the plain structures a network consists of: bytes, maps and sets are wrapped in one-key objects, everything
 * else is written as it is. Keys that start with `$` are reserved for the wrappers.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(pack(value));
}

/** Inverse of {@link toJson}; bytes come back as Buffers. Throws SyntaxError on anything that is no JSON. */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => unpack(value));
}

function pack(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }
  if (Array.isArray(value)) return value.map(pack);
  if (value instanceof Map) return { $map: Array.from(value, ([key, item]) => [pack(key), pack(item)]) };
  if (value instanceof Set) return { $set: Array.from(value, pack) };
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) out[key] = pack(item);
  return out;
}

function unpack(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if ('$bytes' in value && typeof value.$bytes === 'string') return Buffer.from(value.$bytes, 'base64');
  if ('$set' in value && Array.isArray(value.$set)) return new Set<unknown>(value.$set);
  if ('$map' in value && Array.isArray(value.$map)) return new Map<unknown, unknown>(value.$map.map(pair));
  return value;
}

function pair(entry: unknown): [unknown, unknown] {
  return Array.isArray(entry) ? [entry[0], entry[1]] : [undefined, undefined];
}
