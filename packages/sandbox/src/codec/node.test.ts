import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as bridge from 'whatsapp-rust-bridge';
import { bytes, child, children, decodeNode, encodeNode, type Node, node, text, uint, uintBytes } from './node.ts';

const word = fc.oneof(
  fc.constantFrom('message', 'iq', 'receipt', 'to', 'from', 'id', 'type', 'text', 'count', 'enc', 'v', '2', 'skmsg'),
  fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/),
  fc.stringMatching(/^[0-9.-]{1,30}$/),
  fc.stringMatching(/^[0-9A-F]{2,32}$/),
);
const user = fc.stringMatching(/^[1-9][0-9]{6,14}$/);
const jid = fc.oneof(
  user.map((name) => `${name}@s.whatsapp.net`),
  user.map((name) => `${name}@lid`),
  user.map((name) => `${name}@g.us`),
  fc.tuple(user, fc.integer({ min: 1, max: 98 })).map(([name, device]) => `${name}:${device}@s.whatsapp.net`),
  fc.tuple(user, fc.integer({ min: 1, max: 98 })).map(([name, device]) => `${name}:${device}@lid`),
);
const attrs = fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,15}$/), fc.oneof(word, jid), { maxKeys: 6 });
const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.record({
    tag: fc.stringMatching(/^[a-z][a-z0-9:_-]{0,15}$/),
    attrs,
    content: fc.oneof(
      { maxDepth: 3 },
      fc.uint8Array({ minLength: 1, maxLength: 400 }).map((raw) => Buffer.from(raw)),
      fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
    ),
  }),
}));

/** Comparable form: bytes as base64, whatever class holds them. */
function plain(item: { tag: string; attrs: Record<string, string>; content?: unknown }): unknown {
  const { tag, attrs: named, content } = item;
  if (Array.isArray(content)) return { tag, attrs: { ...named }, content: content.map(plain) };
  const raw = content instanceof Uint8Array ? Buffer.from(content).toString('base64') : content;
  return { tag, attrs: { ...named }, content: raw };
}

describe('binary nodes', () => {
  it('come back as they went in', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (item) => {
        expect(plain(await decodeNode(encodeNode(item)))).toEqual(plain(item));
      }),
    );
  });

  it('are read by an independent implementation as they were written', () => {
    fc.assert(
      fc.property(tree, (item) => {
        const read = bridge.decodeNode(encodeNode(item));
        expect(plain({ tag: read.tag, attrs: read.attrs, content: read.content })).toEqual(plain(item));
      }),
    );
  });

  it('are read as an independent implementation writes them', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (item) => {
        expect(plain(await decodeNode(Buffer.from(bridge.encodeNode(item))))).toEqual(plain(item));
      }),
    );
  });

  it('leave out attributes that are undefined', () => {
    expect(node('ack', { id: '1', error: undefined })).toEqual({ tag: 'ack', attrs: { id: '1' } });
  });

  it('give their children, bytes, text and numbers', () => {
    const item = node('list', {}, [node('id', {}, uintBytes(70_000, 3)), node('name', {}, 'Ada'), node('id')]);
    expect(children(item, 'id')).toHaveLength(2);
    expect(uint(child(item, 'id'))).toBe(70_000);
    expect(text(child(item, 'name'))).toBe('Ada');
    expect(bytes(child(item, 'absent'))).toHaveLength(0);
  });
});
