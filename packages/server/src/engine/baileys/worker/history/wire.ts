/** One field of a protobuf message. Varints come as a number, everything else as its bytes (a view, not a copy). */
export interface Field {
  no: number;
  value: number | Uint8Array;
  /** The whole of it, its number included. */
  raw: Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const MAX_VARINT = 10;

interface Parsed {
  /** Where it ends; larger than what is there when bytes are missing. */
  end: number;
  field?: Field;
}

function varint(bytes: Uint8Array, from: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < MAX_VARINT; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: from + i + 1 };
  }
  throw new Error('a varint is too long');
}

function parseField(bytes: Uint8Array, from: number): Parsed {
  const missing = { end: bytes.length + 1 };
  const tag = varint(bytes, from);
  if (!tag) return missing;
  const no = Math.floor(tag.value / 8);
  const type = tag.value % 8;
  if (type === VARINT) {
    const value = varint(bytes, tag.end);
    if (!value) return missing;
    return { end: value.end, field: { no, value: value.value, raw: bytes.subarray(from, value.end) } };
  }
  const size = type === FIXED64 ? 8 : type === FIXED32 ? 4 : undefined;
  const length = size !== undefined ? { value: size, end: tag.end } : varint(bytes, tag.end);
  if (size === undefined && type !== BYTES) throw new Error('a field of unknown type');
  if (!length) return missing;
  const end = length.end + length.value;
  if (end > bytes.length) return { end };
  return { end, field: { no, value: bytes.subarray(length.end, end), raw: bytes.subarray(from, end) } };
}

/** The fields of a whole message. Throws on one that is cut off. */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  for (let at = 0; at < bytes.length; ) {
    const { end, field } = parseField(bytes, at);
    if (!field) throw new Error('a message is cut off');
    yield field;
    at = end;
  }
}

/** Reads the fields of a message while it arrives. Holds no more than one field of at most `maxField` bytes. */
export class FieldStream {
  readonly #maxField: number;
  #waiting: Uint8Array[] = [];
  #size = 0;
  #needed = 1;

  constructor(maxField: number) {
    this.#maxField = maxField;
  }

  /** The fields that are whole now. Throws on a field that is too large, and on bytes that are none. */
  push(chunk: Uint8Array): Field[] {
    this.#waiting.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return [];
    const bytes = this.#waiting.length === 1 ? chunk : Buffer.concat(this.#waiting);
    const fields: Field[] = [];
    let at = 0;
    let needed = 1;
    while (at < bytes.length) {
      const { end, field } = parseField(bytes, at);
      if (!field) {
        needed = end - at;
        break;
      }
      fields.push(field);
      at = end;
    }
    if (needed > this.#maxField) throw new Error('a field is too large');
    const rest = bytes.subarray(at);
    this.#waiting = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    this.#needed = needed;
    return fields;
  }

  /** Throws where the message is cut off. */
  end(): void {
    if (this.#size > 0) throw new Error('a message is cut off');
  }
}
