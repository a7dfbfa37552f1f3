import { parseArgs } from 'node:util';
import { describeReport } from './report.ts';
import { fuzz } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    requests: { type: 'string', default: '6000' },
  },
});
const options = { seed: Number(values.seed), requests: Number(values.requests) };
if (!Number.isInteger(options.seed) || !Number.isInteger(options.requests) || options.requests < 1) {
  throw new Error('usage: npm run fuzz -- [--seed NUMBER] [--requests NUMBER]');
}
console.log(`fuzz: seed ${options.seed}, ${options.requests} requests`);
const report = await fuzz(options);
console.log(describeReport(options, report));
process.exitCode = report.failures.length === 0 ? 0 : 1;
