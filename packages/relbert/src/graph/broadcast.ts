import { type Dim, formatShape, GraphError, type Shape } from './tensor.ts';

/**
 * The shape two operands broadcast to (NumPy's rule): dimensions are equal or one of them is 1.
 * A named dimension equals only itself.
 *
 * @throws GraphError with both shapes
 */
export function broadcastShape(operator: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i): Dim => {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new GraphError(`${operator}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
    }
    return left === 1 ? right : left;
  });
}

/** The axes of `result` along which an operand of shape `operand` was repeated. */
export function repeatedAxes(operand: Shape, result: Shape): number[] {
  const lead = result.length - operand.length;
  return result.flatMap((dim, axis) => (axis < lead || (operand[axis - lead] === 1 && dim !== 1) ? [axis] : []));
}
