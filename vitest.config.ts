import { defineConfig } from 'vitest/config';
import LongFirst from './tools/long-first.ts';

const common = { environment: 'node', testTimeout: 60_000, hookTimeout: 120_000 } as const;

// `fast` needs no server, browser or child process; `system` is everything else. Both run in `npm test`.
export default defineConfig({
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    reporters: ['default', './tools/summary-reporter.ts'],
    projects: [
      { test: { ...common, name: 'fast', include: ['packages/*/src/**/*.test.ts'] } },
      {
        test: {
          ...common,
          name: 'system',
          include: ['packages/*/test/**/*.test.ts'],
          testTimeout: 180_000,
          globalSetup: 'packages/server/test/kit/db-setup.ts',
        },
      },
    ],
  },
});
