import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { packageFolder, packageVersion } from './package.ts';

/** The machine that figures were measured on. */
export interface MachineDescription {
  readonly processor: string;
  /** Processors that this process may use. */
  readonly cores: number;
  readonly memoryGB: number;
  /** `Linux 6.1`. */
  readonly system: string;
}

export function describeMachine(): MachineDescription {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    system: `${type()} ${release().split('-')[0]}`,
  };
}

/** Versions of what computes: this package, Node, ONNX Runtime (an exact dependency). */
export function describeVersions(): Record<string, string> {
  const { dependencies } = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  return {
    relbert: packageVersion(),
    node: process.versions.node,
    'onnxruntime-node': dependencies['onnxruntime-node'] ?? 'unknown',
  };
}
