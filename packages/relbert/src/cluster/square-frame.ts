/** Where an axis begins and ends. */
export type Frame = readonly [low: number, high: number];

/**
 * Axes of the same length around points on a plane, so that distances in a square picture compare whatever their direction.
 * @param margin share of the length that is left free on each side
 */
export function squareFrame(
  points: readonly (readonly [x: number, y: number])[],
  margin = 0,
): { readonly x: Frame; readonly y: Frame } {
  const ranges = ([0, 1] as const).map((axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (const point of points) {
      low = Math.min(low, point[axis]);
      high = Math.max(high, point[axis]);
    }
    return { middle: (low + high) / 2, length: high - low };
  }) as [Range, Range];
  const length = Math.max(...ranges.map(({ length }) => length)) || 1;
  const half = length * (0.5 + margin);
  const [x, y] = ranges.map(({ middle }): Frame => [middle - half, middle + half]) as [Frame, Frame];
  return { x, y };
}

interface Range {
  readonly middle: number;
  readonly length: number;
}
