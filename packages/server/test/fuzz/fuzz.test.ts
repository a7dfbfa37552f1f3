import { expect, it } from 'vitest';
import { describeReport } from './report.ts';
import { fuzz } from './run.ts';

const OPTIONS = { seed: 20_261_127, requests: 900 };
/** Part of the operations that have to succeed at least once, or the run only knocks on doors. */
const DONE = 0.5;

it('no request, valid or broken, gets a 5xx, an answer beside its schema, or data of another workspace', async () => {
  const report = await fuzz(OPTIONS);
  const told = describeReport(OPTIONS, report);
  console.log(told);
  expect(report.failures, told).toEqual([]);
  expect(report.requests).toBeGreaterThanOrEqual(OPTIONS.requests);
  expect(1 - report.neverDone.length / report.operations, told).toBeGreaterThan(DONE);
}, 400_000);
