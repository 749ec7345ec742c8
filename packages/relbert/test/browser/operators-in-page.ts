import { hasWebGpu } from '../../src/web/capabilities.ts';
import { webRuntime } from '../../src/web/runtime.ts';
import { checkOperator, operatorCases } from '../graph/operator-suite.ts';

/** Runs in the page: the operator suite on onnxruntime-web. */
export default async function run({ draws, device }: { draws: number; device: 'wasm' | 'webgpu' }): Promise<{
  agent: string;
  isolated: boolean;
  passed: number;
  count: number;
  failed: string[];
  skipped: boolean;
}> {
  const about = { agent: navigator.userAgent, isolated: globalThis.crossOriginIsolated };
  // The interface may be there without a graphics processor behind it.
  const missing = device === 'webgpu' && !(hasWebGpu() && (await adapter()));
  if (missing) return { ...about, passed: 0, count: 0, failed: [], skipped: true };
  const wasm = webRuntime({ wasmPaths: '/ort/', threads: 1 });
  // A run costs much on WebGPU, and finite differences are many. WGSL allows sin an error of 2⁻¹¹.
  const runtime = device === 'wasm' ? wasm : webRuntime({ device, wasmPaths: '/ort/' });
  const sparing = { draws, differences: wasm, precision: 5e-4, dimensions: 'names' } as const;
  const options = device === 'wasm' ? { draws } : sparing;
  const operators = operatorCases.filter((operator) => device === 'wasm' || operator.webgpu !== false);
  const failed: string[] = [];
  let passed = 0;
  for (const operator of operators) {
    try {
      await checkOperator(runtime, operator, options);
      passed++;
    } catch (error) {
      failed.push(`${operator.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { ...about, passed, count: operators.length, failed, skipped: false };
}

async function adapter(): Promise<unknown> {
  const { gpu } = navigator as Navigator & { gpu?: { requestAdapter(): Promise<unknown> } };
  return gpu?.requestAdapter();
}
