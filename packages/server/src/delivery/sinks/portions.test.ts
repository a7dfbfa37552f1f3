import fc from 'fast-check';
import { expect, it } from 'vitest';
import { portions } from './portions.ts';

const batch = fc.array(fc.integer({ min: 0, max: 50 }).map((size) => ({ body: Buffer.alloc(size) })));
const bounds = fc.record({ messages: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 1, max: 60 }) });

it('are the batch in its order, within the bound, and no more than they must be', () => {
  fc.assert(
    fc.property(batch, bounds, (messages, most) => {
      const parts = [...portions(messages, most)];
      expect(parts.flat()).toEqual(messages);
      const bytesOf = (part: readonly { body: Buffer }[]) => part.reduce((sum, { body }) => sum + body.length, 0);
      for (const [at, part] of parts.entries()) {
        expect(part.length).toBeGreaterThan(0);
        expect(part.length).toBeLessThanOrEqual(most.messages);
        if (part.length > 1) expect(bytesOf(part)).toBeLessThanOrEqual(most.bytes);
        const next = parts[at + 1]?.[0];
        if (next === undefined) continue;
        const hadRoom = part.length < most.messages && bytesOf(part) + next.body.length <= most.bytes;
        expect(hadRoom).toBe(false);
      }
    }),
  );
});
