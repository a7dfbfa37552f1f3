const WIRE_VARINT = 0;
const WIRE_BYTES = 2;
const IDENTITY_KEY_FIELD = 3;

function readVarint(bytes, at) {
  let value = 0;
  for (let shift = 0, i = at; i < bytes.length && shift < 64; shift += 7, i++) {
    value += (bytes[i] & 0x7f) * 2 ** shift;
    if (bytes[i] < 0x80) return { value, next: i + 1 };
  }
  return { value, next: bytes.length };
}

/** Signal's PreKeyWhisperMessage envelope; Baileys reads only the sender's identity key from it. */
export const PreKeyWhisperMessage = {
  decode(bytes) {
    for (let at = 0; at < bytes.length; ) {
      const tag = readVarint(bytes, at);
      const body = readVarint(bytes, tag.next);
      const wire = tag.value & 7;
      if (wire === WIRE_VARINT) {
        at = body.next;
        continue;
      }
      if (wire !== WIRE_BYTES) break;
      at = body.next + body.value;
      if (tag.value >>> 3 === IDENTITY_KEY_FIELD) return { identityKey: bytes.subarray(body.next, at) };
    }
    return {};
  },
};
