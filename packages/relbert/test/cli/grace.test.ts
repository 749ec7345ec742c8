import { expect, it } from 'vitest';
import { graceOf } from '../../src/cli/command-line.ts';

it('a command that trains has the time that a checkpoint takes after Ctrl-C, others end soon', () => {
  // 1.3 GB at 20 MB/s.
  expect(graceOf('distill')).toBeGreaterThan(65_000);
  expect(graceOf('prompt')).toBe(graceOf('distill'));
  expect([graceOf('embed'), graceOf(undefined)]).toEqual([5000, 5000]);
});
