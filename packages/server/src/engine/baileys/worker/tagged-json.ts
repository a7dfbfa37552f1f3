const BYTES = '$bytes';

/**
 * JSON that keeps byte arrays: each becomes `{"$bytes": base64}`. Values are copied field by field first, because
 * protobuf objects have a `toJSON` of their own that turns bytes into bare strings.
 */
export function encodeTagged(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(plain(value)));
}

export function decodeTagged(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(), (_key, value: unknown) =>
    taggedBytes(value),
  );
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { [BYTES]: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}

function taggedBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !(BYTES in value)) return value;
  const encoded = value[BYTES];
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : value;
}
