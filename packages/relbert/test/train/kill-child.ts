/** A run of the kill test: `tsx kill-child.ts FOLDER [--resume]`; prints a line per event. */
import { createHash } from 'node:crypto';
import { trainingStore } from '../../src/node/training-store.ts';
import { train } from '../../src/train/fine-tuning.ts';
import { tinyRun } from './tiny-run.ts';

async function main(): Promise<void> {
  const [folder = '', flag] = process.argv.slice(2);
  const options = await tinyRun({ steps: 40, every: 1 });
  for await (const event of train({ ...options, store: trainingStore(folder), resume: flag === '--resume' })) {
    if (event.kind === 'measuring') continue;
    if (event.kind !== 'done') console.log(event.kind, event.step);
    else {
      const hash = createHash('sha256');
      for (const [name, { data }] of event.weights) {
        hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      }
      console.log('done', event.step, event.weightsFrom, hash.digest('hex'));
    }
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
