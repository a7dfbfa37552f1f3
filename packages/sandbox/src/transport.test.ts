import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, frame } from './transport.ts';

const PROLOGUE = Buffer.from([0x57, 0x41, 6, 3]);
const ROUTING = Buffer.concat([Buffer.from('ED'), Buffer.from([0, 1, 0, 0, 4]), Buffer.from([8, 7, 8, 5])]);

function read(stream: Buffer, cuts: readonly number[]): { frames: Buffer[]; reader: FrameReader } {
  const frames: Buffer[] = [];
  const reader = new FrameReader((data) => frames.push(Buffer.from(data)));
  const edges = [0, ...[...cuts].sort((a, b) => a - b).filter((cut) => cut <= stream.length), stream.length];
  for (const [index, edge] of edges.entries()) reader.push(stream.subarray(edges[index - 1] ?? 0, edge));
  return { frames, reader };
}

describe('the frame reader', () => {
  it('finds the same frames however the stream is cut, with and without a routing header', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 });
    const cuts = fc.array(fc.nat(2_000), { maxLength: 10 });
    fc.assert(
      fc.property(payloads, cuts, fc.boolean(), (sent, at, routed) => {
        const stream = Buffer.concat([routed ? ROUTING : Buffer.alloc(0), PROLOGUE, ...sent.map(frame)]);
        const { frames, reader } = read(stream, at);
        expect(frames.map((data) => [...data])).toEqual(sent.map((data) => [...data]));
        expect(reader.prologue?.equals(PROLOGUE)).toBe(true);
      }),
    );
  });

  it('refuses a stream that does not start as WhatsApp clients start', () => {
    expect(() => read(Buffer.from('GET / HTTP/1.1'), [])).toThrow(/prologue/);
  });

  it('refuses a routing header of unreasonable length', () => {
    expect(() => read(Buffer.from([0x45, 0x44, 0, 1, 0xff, 0xff, 0xff, 0]), [])).toThrow(/too long/);
  });
});
