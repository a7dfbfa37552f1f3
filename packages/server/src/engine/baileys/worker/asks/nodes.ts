import type { BinaryNode } from 'baileys';

export function children(node: BinaryNode | undefined, tag: string): BinaryNode[] {
  return node && Array.isArray(node.content) ? node.content.filter((child) => child.tag === tag) : [];
}

export const child = (node: BinaryNode | undefined, tag: string): BinaryNode | undefined => children(node, tag)[0];

/** A node's content as text; empty where it has none. */
export function textOf(node: BinaryNode | undefined): string {
  const content = node?.content;
  if (content === undefined || Array.isArray(content)) return '';
  return typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
}

/** A node; attributes that are undefined are left out. */
export function node(
  tag: string,
  attrs: Record<string, string | undefined> = {},
  content?: BinaryNode['content'],
): BinaryNode {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(attrs)) if (value !== undefined) kept[name] = value;
  return content === undefined ? { tag, attrs: kept } : { tag, attrs: kept, content };
}
