/** Dense arrays in double precision, the plain way: what the operators are compared with. */
export interface NdArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export function ndArray(shape: readonly number[], data: ArrayLike<number>): NdArray {
  return { shape, data: Array.from(data) };
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Coordinates of every element in row-major order. */
export function coordinates(shape: readonly number[]): number[][] {
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    let rest = flat;
    return shape
      .toReversed()
      .map((dim) => {
        const at = rest % dim;
        rest = Math.floor(rest / dim);
        return at;
      })
      .toReversed();
  });
}

/** The element at coordinates of a shape that x broadcasts to. */
export function at(x: NdArray, coordinate: readonly number[]): number {
  const lead = coordinate.length - x.shape.length;
  let flat = 0;
  for (const [axis, dim] of x.shape.entries())
    flat = flat * dim + (dim === 1 ? 0 : (coordinate[lead + axis] as number));
  return x.data[flat] as number;
}

export function fromCoordinates(shape: readonly number[], value: (coordinate: readonly number[]) => number): NdArray {
  return { shape, data: coordinates(shape).map(value) };
}

export function broadcast(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) =>
    Math.max(...shapes.map((shape) => shape[shape.length - rank + i] ?? 1)),
  );
}

/** f applied element by element to arrays that broadcast. */
export function map(f: (...values: number[]) => number, ...arrays: readonly NdArray[]): NdArray {
  const shape = broadcast(...arrays.map((array) => array.shape));
  return fromCoordinates(shape, (coordinate) => f(...arrays.map((array) => at(array, coordinate))));
}

/** f applied to the list of elements along axes, which are kept with dimension 1. */
export function reduce(x: NdArray, axes: readonly number[], f: (values: number[]) => number): NdArray {
  const kept = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const inner = x.shape.map((dim, axis) => (axes.includes(axis) ? dim : 1));
  return fromCoordinates(kept, (outer) =>
    f(
      coordinates(inner).map((coordinate) =>
        at(
          x,
          coordinate.map((c, axis) => c + (outer[axis] as number)),
        ),
      ),
    ),
  );
}

export function withoutAxes(x: NdArray, axes: readonly number[]): NdArray {
  return { shape: x.shape.filter((_, axis) => !axes.includes(axis)), data: x.data };
}

export function transposed(x: NdArray, order: readonly number[]): NdArray {
  const shape = order.map((axis) => x.shape[axis] as number);
  return fromCoordinates(shape, (coordinate) =>
    at(
      x,
      order.map((_, axis) => coordinate[order.indexOf(axis)] as number),
    ),
  );
}

/** Products of the last two axes, leading axes broadcast. */
export function product(a: NdArray, b: NdArray): NdArray {
  const inner = a.shape.at(-1) as number;
  const lead = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return fromCoordinates([...lead, a.shape.at(-2) as number, b.shape.at(-1) as number], (coordinate) => {
    const [row, column] = coordinate.slice(-2) as [number, number];
    const batch = coordinate.slice(0, -2);
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += at(a, [...batch, row, k]) * at(b, [...batch, k, column]);
    return sum;
  });
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The error function by its series and, further out, its continued fraction. */
export function erf(x: number): number {
  if (Math.abs(x) < 3) {
    let term = x;
    let total = x;
    for (let n = 1; n < 80; n++) {
      term *= (-x * x) / n;
      total += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * total;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (Math.abs(x) + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (Math.abs(x) + fraction)));
}
