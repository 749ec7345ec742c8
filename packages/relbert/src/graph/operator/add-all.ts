import { broadcastShape } from '../broadcast.ts';
import { formatShape, GraphError, nodeOf, type Tensor } from '../tensor.ts';
import { sumTo } from './arithmetic.ts';

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
