import { describe, expect, it } from 'vitest';
import { node } from './codec/node.ts';
import { StanzaQueue } from './stanza-queue.ts';

const ids = (queue: StanzaQueue): (string | undefined)[] => queue.nodes().map((item) => item.attrs.id);

describe('the queue of a linked device', () => {
  it('keeps a stanza until the device confirms it, in order of arrival', () => {
    const queue = new StanzaQueue(10);
    for (const id of ['1', '2', '3']) queue.push(node('message', { id }));
    expect(queue.confirm({ class: 'message', id: '2' })).toBe(true);
    expect(ids(queue)).toEqual(['1', '3']);
    expect(queue.confirm({ class: 'message', id: '2' })).toBe(false);
  });

  it('tells stanzas of different classes with one id apart', () => {
    const queue = new StanzaQueue(10);
    queue.push(node('message', { id: '1' }));
    queue.push(node('receipt', { id: '1' }));
    queue.confirm({ class: 'receipt', id: '1' });
    expect(queue.nodes().map((item) => item.tag)).toEqual(['message']);
  });

  it('prefers the receipt whose type and participant fit, and falls back to the oldest', () => {
    const queue = new StanzaQueue(10);
    queue.push(node('receipt', { id: '1' }));
    queue.push(node('receipt', { id: '1', type: 'read' }));
    queue.confirm({ class: 'receipt', id: '1', type: 'read' });
    expect(queue.nodes().map((item) => item.attrs.type)).toEqual([undefined]);
    queue.confirm({ class: 'receipt', id: '1', type: 'played' });
    expect(queue.size).toBe(0);
  });

  it('drops the oldest beyond its limit, and counts them', () => {
    const queue = new StanzaQueue(2);
    for (const id of ['1', '2', '3']) queue.push(node('message', { id }));
    expect(ids(queue)).toEqual(['2', '3']);
    expect(queue.overflowed).toBe(1);
    expect(queue.confirm({ class: 'message', id: '1' })).toBe(false);
  });
});
