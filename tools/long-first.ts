import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take minutes, the longest first. Started last, one of them keeps half of the machine waiting for it; what is
 * not named here takes seconds.
 */
const LONG = [
  'test/crash/kills-pglite',
  'test/crash/kills-postgres',
  'test/webhooks/chaos',
  'test/fuzz/fuzz',
  'test/rights/rotation',
  'test/events/',
  'test/faults/matrix',
  'test/contract/isolation.',
  'test/durability/pglite-kill',
  'test/contract/error-codes',
];

const rank = ({ moduleId }: TestSpecification): number => {
  const at = LONG.findIndex((part) => moduleId.includes(part));
  return at < 0 ? LONG.length : at;
};

/** vitest's own order, with the long files before all others. */
export default class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
