import { describe, it } from 'vitest';
import { webRuntime } from '../../src/web/runtime.ts';
import { checkOperator, operatorCases } from './operator-suite.ts';

describe('operators on onnxruntime-web (WASM)', () => {
  const runtime = webRuntime({ threads: 1 });
  it.each(operatorCases)('$name', async (operator) => checkOperator(runtime, operator, { draws: 2 }));
});
