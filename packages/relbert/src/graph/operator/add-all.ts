import { broadcastShape } from '../broadcast.ts';
import { formatShape, GraphError, nodeOf, type Tensor } from '../tensor.ts';
import { sumTo } from './sum.ts';

/** a + b + …, broadcasting: one node for any number of float32 terms. */
export function addAll(...terms: readonly Tensor[]): Tensor {
  const [first, ...rest] = terms;
  if (!first) throw new GraphError('addAll needs one term or more');
  const odd = terms.find(({ dtype }) => dtype !== 'float32');
  if (odd) throw new GraphError(`addAll needs float32, got ${odd.dtype} ${formatShape(odd.shape)}`);
  return nodeOf({
    type: 'Sum',
    inputs: terms,
    shape: rest.reduce((shape, term) => broadcastShape('addAll', shape, term.shape), first.shape),
    gradient: (dy) => terms.map((term) => sumTo(dy, term)),
  });
}

/** The terms of a sum made by {@link addAll}, or the tensor itself: to add to it in the same pass over memory. */
export function termsOf(sum: Tensor): readonly Tensor[] {
  const { origin } = sum;
  return origin.kind === 'node' && origin.node.type === 'Sum' ? (origin.node.inputs as readonly Tensor[]) : [sum];
}
