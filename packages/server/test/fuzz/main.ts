import { parseArgs } from 'node:util';
import { startPostgres } from '../kit/db-server.ts';
import { describeReport } from './report.ts';
import { fuzz } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    requests: { type: 'string', default: '6000' },
    postgres: { type: 'boolean', default: false },
  },
});
const options = { seed: Number(values.seed), requests: Number(values.requests) };
if (!Number.isInteger(options.seed) || !Number.isInteger(options.requests) || options.requests < 1) {
  throw new Error('usage: npm run fuzz -- [--seed NUMBER] [--requests NUMBER] [--postgres]');
}
console.log(`fuzz: seed ${options.seed}, ${options.requests} requests on ${values.postgres ? 'PostgreSQL' : 'PGlite'}`);
const postgres = values.postgres ? await startPostgres() : null;
try {
  const report = await fuzz({ ...options, ...(postgres ? { databaseUrl: postgres.urlOf('postgres') } : {}) });
  console.log(describeReport(options, report));
  process.exitCode = report.failures.length === 0 ? 0 : 1;
} finally {
  await postgres?.stop();
}
