import { type BinaryNode, decodeBinaryNode, encodeBinaryNode } from 'baileys';

/** One stanza, or a part of one, of WhatsApp's binary XML. */
export type Node = BinaryNode;
type Attrs = Record<string, string | undefined>;

/** Builds a node; attributes that are undefined are left out. */
export function node(tag: string, attrs: Attrs = {}, content?: Node[] | Uint8Array | string): Node {
  const kept: Record<string, string> = {};
  for (const key in attrs) {
    const value = attrs[key];
    if (value !== undefined) kept[key] = value;
  }
  return content === undefined ? { tag, attrs: kept } : { tag, attrs: kept, content };
}

const NONE: Node[] = [];

export function children(parent: Node | undefined, tag?: string): Node[] {
  const list = parent && Array.isArray(parent.content) ? parent.content : NONE;
  return tag === undefined ? list : list.filter((item) => item.tag === tag);
}

export function child(parent: Node | undefined, tag: string): Node | undefined {
  return parent && Array.isArray(parent.content) ? parent.content.find((item) => item.tag === tag) : undefined;
}

/** Content as bytes; nodes and absent content are empty. Text is UTF-8. */
export function bytes(item: Node | undefined): Buffer {
  const content = item?.content;
  if (content === undefined || Array.isArray(content)) return Buffer.alloc(0);
  return typeof content === 'string' ? Buffer.from(content) : Buffer.from(content);
}

export function text(item: Node | undefined): string {
  return bytes(item).toString('utf8');
}

/** Content as a big-endian unsigned integer of up to 6 bytes; empty content is 0. */
export function uint(item: Node | undefined): number {
  const raw = bytes(item);
  return raw.length === 0 || raw.length > 6 ? 0 : raw.readUIntBE(0, raw.length);
}

export function uintBytes(value: number, length: number): Buffer {
  const out = Buffer.alloc(length);
  out.writeUIntBE(value, 0, length);
  return out;
}

/** Bytes of one frame's plaintext, with the leading flag byte (0: not compressed). */
export function encodeNode(item: Node): Buffer {
  return encodeBinaryNode(item);
}

export function decodeNode(plain: Buffer): Promise<Node> {
  return decodeBinaryNode(plain);
}
