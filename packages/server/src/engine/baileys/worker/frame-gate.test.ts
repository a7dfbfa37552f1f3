import { expect, it } from 'vitest';
import { FrameGate, GateClosedError } from './frame-gate.ts';

function make(limits: { maxFrames?: number; maxBytes?: number } = {}) {
  const state = { pushed: 0, durable: 0, overflows: 0, written: [] as number[] };
  const gate = new FrameGate({
    barrier: () => state.pushed,
    durable: () => state.durable,
    write: (frame) => state.written.push(frame[0] ?? -1),
    maxFrames: limits.maxFrames ?? 100,
    maxBytes: limits.maxBytes ?? 100,
    overflow: () => {
      state.overflows += 1;
    },
  });
  return { state, gate };
}

it('lets frames through at once while nothing is pending', () => {
  const { state, gate } = make();
  gate.push(Uint8Array.of(1));
  expect(state.written).toEqual([1]);
});

it('holds a frame until everything pushed before it is durable', () => {
  const { state, gate } = make();
  state.pushed = 3;
  gate.push(Uint8Array.of(1));
  state.durable = 2;
  gate.release();
  expect(state.written).toEqual([]);
  state.durable = 3;
  gate.release();
  expect(state.written).toEqual([1]);
});

it('never lets a frame overtake another, whatever its barrier', () => {
  const { state, gate } = make();
  state.pushed = 5;
  gate.push(Uint8Array.of(1));
  state.durable = 5;
  gate.push(Uint8Array.of(2));
  expect(state.written).toEqual([]);
  gate.release();
  expect(state.written).toEqual([1, 2]);
});

it('resolves a waiter when its own frame has left, not before', async () => {
  const { state, gate } = make();
  state.pushed = 1;
  const first = gate.push(Uint8Array.of(1));
  state.pushed = 2;
  const second = gate.push(Uint8Array.of(2));
  let gone = false;
  const waiting = gate.left(second).then(() => {
    gone = true;
  });
  state.durable = 1;
  gate.release();
  await gate.left(first);
  expect(gone).toBe(false);
  state.durable = 2;
  gate.release();
  await waiting;
});

it('closes the session rather than growing without bound', () => {
  const { state, gate } = make({ maxFrames: 2 });
  state.pushed = 1;
  for (let i = 0; i < 5; i++) gate.push(Uint8Array.of(i));
  expect(state.overflows).toBe(1);
  expect(gate.length).toBe(0);
  const bytes = make({ maxBytes: 10 });
  bytes.state.pushed = 1;
  bytes.gate.push(new Uint8Array(11));
  expect(bytes.state.overflows).toBe(1);
});

it('rejects waiters and writes nothing more once closed', async () => {
  const { state, gate } = make();
  state.pushed = 1;
  const waiting = gate.left(gate.push(Uint8Array.of(1)));
  gate.close();
  state.durable = 1;
  gate.release();
  await expect(waiting).rejects.toBeInstanceOf(GateClosedError);
  await expect(gate.whenClosed).rejects.toBeInstanceOf(GateClosedError);
  await expect(gate.left(gate.push(Uint8Array.of(2)))).rejects.toBeInstanceOf(GateClosedError);
  expect(state.written).toEqual([]);
});

it('lets several wait for the same frame, and tells all of them when it goes or never will', async () => {
  const { state, gate } = make();
  state.pushed = 1;
  const number = gate.push(Uint8Array.of(1));
  const going = [gate.left(number), gate.drained()];
  state.durable = 1;
  gate.release();
  await Promise.all(going);
  state.pushed = 2;
  const stuck = gate.push(Uint8Array.of(2));
  const lost = Promise.allSettled([gate.left(stuck), gate.drained()]);
  gate.close();
  expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
