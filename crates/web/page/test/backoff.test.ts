// The wait before coming back: full jitter under a ceiling.

import { expect, test } from 'vitest';
import { WAIT_MAX_MS, askedWaitMs, waitCeilingMs, waitMs } from '../src/sdk/backoff';

test('the ceiling doubles from half a second and stops at thirty', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7].map(waitCeilingMs)).toEqual([
    500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
  ]);
  expect(waitCeilingMs(5_000)).toBe(WAIT_MAX_MS);
});

test('chance spreads the wait over the whole window', () => {
  expect(waitMs(3, 0)).toBe(0);
  expect(waitMs(3, 0.5)).toBe(2000);
  expect(waitMs(3, 0.999999)).toBe(3999);
});

test('only 4000 may ask for a wait, and only in its own words', () => {
  expect(askedWaitMs(4000, 'come back in 1500')).toBe(1500);
  expect(askedWaitMs(4000, 'come back soon')).toBeNull();
  expect(askedWaitMs(4001, 'come back in 1500')).toBeNull();
});
