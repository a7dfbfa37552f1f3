// Everything that goes wrong, while a device is linked, sends and receives: nothing is lost, nothing comes twice, and
// every device ends in a state that may last.
// A clock that jumps is proved where tests move the time, with no server around it whose clock they would have to turn:
// what is due in `test/delivery/schedule.test.ts`, deadlines of states in `test/delivery/device-truth.test.ts`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES, type FaultCase, WORKER_KILL } from './kit/cases.ts';
import { type Cell, runCase, type Task } from './kit/cell.ts';
import { Scene } from './kit/scene.ts';

const TASKS: readonly Task[] = ['link', 'send', 'receive'];
/** Devices at once: more would only have each other's log-ins wait. */
const TOGETHER = 6;
const SUITE_MS = 900_000;

function table(cells: readonly Cell[], seconds: number): string {
  const faults = [...new Set(cells.map(({ fault }) => fault))];
  const width = Math.max(...faults.map((fault) => fault.length));
  const of = (fault: string, task: Task): string => {
    const cell = cells.find((one) => one.fault === fault && one.task === task);
    if (!cell) return 'not run';
    return cell.found.length === 0 ? 'ok' : 'FAILED';
  };
  const rows = faults.map(
    (fault) => `  ${fault.padEnd(width)}  ${TASKS.map((task) => of(fault, task).padEnd(8)).join('')}`,
  );
  const survived = cells.filter(({ found }) => found.length === 0).length;
  const offenders = cells.flatMap((cell) => cell.found.map((what) => `  ${cell.fault}, ${cell.task}: ${what}`));
  const head = `  ${'fault'.padEnd(width)}  ${TASKS.map((task) => task.padEnd(8)).join('')}`;
  const sum = `  survived ${survived}/${faults.length * TASKS.length} in ${seconds} s`;
  return ['\nFault matrix', head, ...rows, sum, ...offenders, ''].join('\n');
}

async function runAll(scene: Scene, cases: readonly FaultCase[]): Promise<Cell[]> {
  const left = [...cases];
  const cells: Cell[] = [];
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) cells.push(...(await runCase(scene, next)));
  };
  await Promise.all(Array.from({ length: TOGETHER }, lane));
  const order = cases.map(({ name }) => name);
  return cells.sort((a, b) => order.indexOf(a.fault) - order.indexOf(b.fault));
}

describe('faults of every kind, while linking, sending and receiving', () => {
  let scene: Scene;
  let cells: Cell[];

  beforeAll(async () => {
    scene = await Scene.start();
    const from = Date.now();
    cells = await runAll(scene, CASES);
    cells.push(...(await runCase(scene, WORKER_KILL)));
    process.stdout.write(table(cells, Math.round((Date.now() - from) / 1000)));
  }, SUITE_MS);
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const offenders = (kind: RegExp) => cells.flatMap(({ found }) => found.filter((what) => kind.test(what)));

  it('loses nothing', () => {
    expect(offenders(/^lost/)).toEqual([]);
  });
  it('doubles nothing', () => {
    expect(offenders(/^doubled/)).toEqual([]);
  });
  it('leaves nothing in a state that may not last', async () => {
    expect(offenders(/^stuck/)).toEqual([]);
    const { body } = await scene.api.get('/v1/devices?limit=100');
    const states = Array.isArray(body['data']) ? body['data'].map((device) => device.state) : [];
    expect(states).toEqual(states.map(() => 'connected'));
  });
  it('survives every fault in every task', () => {
    expect(cells.filter(({ found }) => found.length > 0)).toEqual([]);
    expect(cells).toHaveLength((CASES.length + 1) * TASKS.length);
  });
});
