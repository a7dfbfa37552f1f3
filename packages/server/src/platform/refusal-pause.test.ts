import { expect, it } from 'vitest';
import { RefusalPause } from './refusal-pause.ts';

it('holds a refusal for a breath, longer where many are held, and no more than a thousand at a time', async () => {
  const pause = new RefusalPause();
  const from = performance.now();
  const waits = Array.from({ length: 1_000 }, () => pause.pause());
  await pause.pause();
  expect(performance.now() - from).toBeLessThan(150);
  await waits[0];
  expect(performance.now() - from).toBeGreaterThan(190);
  await Promise.all(waits);
  expect(performance.now() - from).toBeGreaterThan(2_000);
  const again = performance.now();
  await pause.pause();
  expect(performance.now() - again).toBeGreaterThan(190);
});
