/** What WhatsApp takes as a picture: pixels of a side, and bytes. */
const MAX_SIDE = 640;
const MAX_BYTES = 1024 * 1024;

/** Frame headers of JPEG (ITU-T T.81, table B.1): all of C0 to CF but those that define tables. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** The pixels of a JPEG, from its frame header; undefined for what is none. */
export function jpegSize(bytes: Buffer): { width: number; height: number } | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes.readUInt8(at + 1);
    if (isFrame(marker)) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** Whether these bytes are a picture of a profile or a group: a square JPEG, not too large. */
export function isPicture(bytes: Buffer): boolean {
  const size = bytes.length <= MAX_BYTES ? jpegSize(bytes) : undefined;
  return size !== undefined && size.width === size.height && size.width > 0 && size.width <= MAX_SIDE;
}
