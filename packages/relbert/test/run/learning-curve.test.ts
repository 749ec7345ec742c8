import { expect, it } from 'vitest';
import { type CurvePoint, learningCurve } from '../../src/run/learning-curve.ts';

it('draws a run of any length, in a picture of bounded size', () => {
  const points = Array.from(
    { length: 150_000 },
    (_, step): CurvePoint => ({ kind: 'step', step, loss: 1 + 1 / (step + 1) }),
  );
  points.push({ kind: 'validation', step: 150_000, figures: { loss: 1.5, u2: 0.4 } });
  const svg = learningCurve(points, 'long');
  expect(svg).not.toMatch(/NaN|Infinity/);
  expect(svg.length).toBeLessThan(200_000);
  expect(svg).toContain('>150000</text>');
});

it('smooths by the mean of the steps around', () => {
  const points = Array.from({ length: 40 }, (_, step): CurvePoint => ({ kind: 'step', step, loss: step % 2 }));
  const [, smooth = ''] = [...learningCurve(points, 'short').matchAll(/<polyline[^>]* points="([^"]*)"/g)].map(
    ([, data]) => data,
  );
  const heights = smooth.split(' ').map((point) => Number(point.split(',')[1]));
  // Of five steps around, two or three have the loss 1; the axis is 340 high and begins at 370.
  for (const height of heights.slice(2, -2)) expect([370 - 136, 370 - 204]).toContain(Math.round(height));
});
