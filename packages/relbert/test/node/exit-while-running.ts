import * as g from '../../src/graph/index.ts';
import { nodeWorkerRuntime } from '../../src/node/worker.ts';

/** Run as a process: begins a long run in the worker thread and ends in the way that its argument names. */
const size = 1000;
const x = g.input('x', 'float32', [size, size]);
let y = x;
for (let i = 0; i < 6; i++) y = g.matMul(y, x);
const session = await nodeWorkerRuntime().createSession(g.serialize({ outputs: { y: g.reduceMax(y) } }), {
  threads: 1,
});
const inputs = { x: { dtype: 'float32', shape: [size, size], data: new Float32Array(size * size) } } as const;
const running = [session.run(inputs), session.run(inputs)];
if (process.argv[2] === 'end') {
  await Promise.all(running);
} else {
  process.once('SIGINT', () => process.exit(130));
  setTimeout(() => (process.argv[2] === 'signal' ? process.kill(process.pid, 'SIGINT') : process.exit(130)), 50);
}
