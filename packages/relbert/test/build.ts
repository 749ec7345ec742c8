import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Before any test: the command, and the thread of the sessions, run what is built from the sources as they are. */
export default function buildPackages(): void {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const packages = ['packages/relbert', 'packages/relbert-server', 'packages/reproduction', 'packages/playground'];
  execFileSync(process.execPath, ['build.mjs', ...packages], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
