import { expect, it } from 'vitest';
import { EngineAskError } from '../../../asks.ts';
import { NumberAllowance } from './numbers.ts';

function refusal(take: () => void): EngineAskError {
  try {
    take();
  } catch (error) {
    if (error instanceof EngineAskError) return error;
  }
  throw new Error('it was not refused');
}

it('lets a device ask about 300 numbers at once, then 100 a minute, and says when the next may be asked', () => {
  const start = Date.now();
  const allowance = new NumberAllowance(start);
  for (let i = 0; i < 3; i++) allowance.take(100, start);
  const refused = refusal(() => allowance.take(50, start));
  expect(refused.reason).toBe('too_fast');
  expect(refused.retryAfterMs).toBeGreaterThan(29_000);
  expect(refused.retryAfterMs).toBeLessThanOrEqual(30_000);
  allowance.take(50, start + 30_100);
  expect(refusal(() => allowance.take(100, start + 60_000)).reason).toBe('too_fast');
  allowance.take(300, start + 3_600_000);
  expect(refusal(() => allowance.take(1, start + 3_600_000)).reason).toBe('too_fast');
});

it('takes nothing away when the clock is set back', () => {
  const start = Date.now();
  const allowance = new NumberAllowance(start);
  allowance.take(300, start - 3_600_000);
  expect(refusal(() => allowance.take(1, start - 3_600_000)).reason).toBe('too_fast');
  allowance.take(100, start - 3_600_000 + 60_000);
});
