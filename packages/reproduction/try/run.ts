/**
 * Builds fresh projects with the packed tarballs, as users build them: `npm run try:NAME`, or `npm run try -- NAME ...`,
 * which packs once. Each takes a minute or less, and installs the tool from the registry.
 */
import { nodeTries } from './node-tries.ts';
import { packageTries } from './package-tries.ts';
import { pageTries } from './page-tries.ts';
import { tarballs } from './project.ts';

const tries: Readonly<Record<string, () => Promise<void>>> = { ...pageTries, ...nodeTries, ...packageTries };

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(tries, name));
if (names.length === 0 || unknown !== undefined) {
  console.error(`${unknown ?? 'nothing'} is not one of ${Object.keys(tries).join(', ')}`);
  process.exit(2);
}
tarballs();
for (const name of names) {
  const start = performance.now();
  await tries[name]?.();
  console.log(`${name} works (${((performance.now() - start) / 1000).toFixed(0)} s)`);
}
