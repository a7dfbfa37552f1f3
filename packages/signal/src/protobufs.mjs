const WIRE_VARINT = 0;
const WIRE_FIXED_64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED_32 = 5;
const IDENTITY_KEY_FIELD = 3;

function readVarint(bytes, at) {
  let value = 0;
  for (let shift = 0, i = at; i < bytes.length && shift < 64; shift += 7, i++) {
    value += (bytes[i] & 0x7f) * 2 ** shift;
    if (bytes[i] < 0x80) return { value, next: i + 1 };
  }
  return { value, next: bytes.length };
}

/** The length-delimited fields of a protobuf message, in order. */
export function* byteFields(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    const body = readVarint(bytes, tag.next);
    const wire = tag.value & 7;
    if (wire === WIRE_BYTES) {
      const end = body.next + body.value;
      yield { field: tag.value >>> 3, body: bytes.subarray(body.next, end) };
      at = end;
    } else if (wire === WIRE_VARINT) at = body.next;
    else if (wire === WIRE_FIXED_64) at = tag.next + 8;
    else if (wire === WIRE_FIXED_32) at = tag.next + 4;
    else return;
  }
}

/** A length-delimited field of a number below 16. */
export function byteField(field, body) {
  const head = [(field << 3) | WIRE_BYTES];
  for (let left = body.length; ; left >>>= 7) {
    head.push(left < 0x80 ? left : (left & 0x7f) | 0x80);
    if (left < 0x80) return Buffer.concat([Buffer.from(head), body]);
  }
}

/** Signal's PreKeyWhisperMessage envelope; Baileys reads only the sender's identity key from it. */
export const PreKeyWhisperMessage = {
  decode(bytes) {
    for (const { field, body } of byteFields(bytes)) if (field === IDENTITY_KEY_FIELD) return { identityKey: body };
    return {};
  },
};
