/** For `node --import`: onnxruntime-node fails to load, as where it has no binary. */
import { register } from 'node:module';

const hooks = `export async function resolve(name, context, next) {
  if (name === 'onnxruntime-node') throw new Error("Cannot find module '../bin/napi-v6/os/arch/onnxruntime_binding.node'");
  return next(name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
