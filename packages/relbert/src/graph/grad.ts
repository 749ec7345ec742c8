import { add } from './operator/arithmetic.ts';
import { formatShape, GraphError, type Node, nodesOf, sameShape, scalar, type Tensor } from './tensor.ts';

/**
 * Reverse-mode gradients of a scalar: one tensor d loss / d t of the shape of t for each t of `wrt`.
 *
 * `wrt` may hold inputs and inner tensors.
 *
 * @throws GraphError where the loss is not a scalar, does not depend on one of them, or where an operator on the way has
 *   no gradient
 */
export function grad(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.dtype !== 'float32' || loss.shape.length !== 0) {
    throw new GraphError(`grad needs a float32 scalar of shape [], got ${loss.dtype} ${formatShape(loss.shape)}`);
  }
  const nodes = nodesOf([loss]);
  const reaching = nodesReaching(nodes, new Set(wrt));
  const gradients = new Map<Tensor, Tensor>([[loss, scalar(1)]]);
  for (const node of nodes.toReversed()) {
    if (!reaching.has(node)) continue;
    const outputs = node.outputs.map((output) => gradients.get(output));
    if (outputs.every((gradient) => gradient === undefined)) continue;
    if (!node.gradient) throw new GraphError(`operator ${node.type} has no gradient`);
    for (const [i, gradient] of node.gradient(outputs).entries()) {
      const target = node.inputs[i];
      if (!gradient || !target) continue;
      if (!sameShape(gradient.shape, target.shape)) {
        throw new GraphError(
          `the gradient of ${node.type} for input ${i} has shape ${formatShape(gradient.shape)}, its input ${formatShape(target.shape)}`,
        );
      }
      const sum = gradients.get(target);
      gradients.set(target, sum ? add(sum, gradient) : gradient);
    }
  }
  return wrt.map((tensor, i) => {
    const gradient = gradients.get(tensor);
    if (gradient) return gradient;
    const name = tensor.origin.kind === 'input' ? ` ('${tensor.origin.name}')` : '';
    throw new GraphError(`the loss does not depend on tensor ${i}${name} of shape ${formatShape(tensor.shape)}`);
  });
}

/**
 * The nodes on a path of floats from one of the tensors: only these need gradients. A comparison, a cast to
 * integers and the like end a path: their result does not change with small changes of x.
 */
function nodesReaching(order: readonly Node[], from: ReadonlySet<Tensor>): Set<Node> {
  const reaching = new Set<Node>();
  for (const node of order) {
    const reached = node.inputs.some(
      (tensor) => tensor && (from.has(tensor) || (tensor.origin.kind === 'node' && reaching.has(tensor.origin.node))),
    );
    if (reached && node.outputs.some(({ dtype }) => dtype === 'float32')) reaching.add(node);
  }
  return reaching;
}
