import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { WorkerRequest } from './pglite-protocol.ts';
import { TextReceiver, TextSender } from './pglite-texts.ts';

const statement = fc.record({ sql: fc.string({ maxLength: 3 }), values: fc.array(fc.string(), { maxLength: 2 }) });
const request: fc.Arbitrary<WorkerRequest> = fc.oneof(
  fc.record({
    id: fc.nat(),
    kind: fc.constant('run' as const),
    as: fc.constant('ws'),
    statements: fc.array(statement),
  }),
  fc.record({ id: fc.nat(), kind: fc.constant('script' as const), sql: fc.string() }),
);

it('gives the worker the very requests that were packed, message after message', () => {
  fc.assert(
    fc.property(fc.array(fc.array(request, { maxLength: 5 }), { maxLength: 8 }), (messages) => {
      const [sender, receiver] = [new TextSender(), new TextReceiver()];
      for (const requests of messages)
        expect(receiver.unpack(structuredClone(sender.pack(requests)))).toEqual(requests);
    }),
  );
});

it('sends a text once', () => {
  const sender = new TextSender();
  const one: WorkerRequest = { id: 1, kind: 'run', as: null, statements: [{ sql: 'select 1', values: [] }] };
  expect(sender.pack([one, one]).texts).toEqual(['select 1']);
  expect(sender.pack([one])).toMatchObject({ texts: [], requests: [{ statements: [{ text: 0 }] }] });
});

it('keeps a bounded number of texts by number and sends the rest as they are', () => {
  const [sender, receiver] = [new TextSender(), new TextReceiver()];
  const requests = Array.from({ length: 2_100 }, (_, n): WorkerRequest => {
    return { id: n, kind: 'run', as: null, statements: [{ sql: `select ${n}`, values: [] }] };
  });
  const packed = sender.pack(requests);
  expect(packed.texts).toHaveLength(2_000);
  expect(receiver.unpack(packed)).toEqual(requests);
});
