import { describe, it } from 'vitest';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { checkOperator, operatorCases } from './operator-suite.ts';

describe('operators on onnxruntime-node', () => {
  it.each(operatorCases)('$name', async (operator) => checkOperator(nodeRuntime(), operator, { draws: 6 }));
});
