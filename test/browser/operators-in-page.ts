import { hasWebGpu, webRuntime } from '../../src/runtime/web.ts';
import { checkOperator, operatorCases } from '../graph/operator-suite.ts';

/** Runs in the page: the operator suite on onnxruntime-web. */
export default async function run({ draws, backend }: { draws: number; backend: 'wasm' | 'webgpu' }): Promise<{
  agent: string;
  isolated: boolean;
  passed: number;
  failed: string[];
  skipped: boolean;
}> {
  const about = { agent: navigator.userAgent, isolated: globalThis.crossOriginIsolated };
  // The interface may be there without a graphics processor behind it.
  const missing = backend === 'webgpu' && !(hasWebGpu() && (await adapter()));
  if (missing) return { ...about, passed: 0, failed: [], skipped: true };
  const runtime = webRuntime({ backend, wasmPaths: '/ort/', threads: 1 });
  const failed: string[] = [];
  let passed = 0;
  for (const operator of operatorCases) {
    try {
      await checkOperator(runtime, operator, draws);
      passed++;
    } catch (error) {
      failed.push(`${operator.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { ...about, passed, failed, skipped: false };
}

async function adapter(): Promise<unknown> {
  const { gpu } = navigator as Navigator & { gpu?: { requestAdapter(): Promise<unknown> } };
  return gpu?.requestAdapter();
}
