import { input, mul, scalar, serialize } from './index.ts';

/** The smallest graph: whether a device computes at all is seen with it. */
export const probeModel = (): Uint8Array => serialize({ outputs: { y: mul(input('x', 'float32', [1]), scalar(2)) } });
