import { afterEach, expect, test, vi } from 'vitest';
import { onceAMinute } from '../../lib/core/once-a-minute.js';

afterEach(() => {
  vi.useRealTimers();
});

test('reports the first of each minute', () => {
  vi.useFakeTimers();
  const report = vi.fn();
  const said = onceAMinute(report);
  for (let second = 0; second < 121; second++) {
    said(second, 'text');
    vi.advanceTimersByTime(1_000);
  }
  expect(report.mock.calls).toEqual([
    [0, 'text'],
    [60, 'text'],
    [120, 'text'],
  ]);
});
