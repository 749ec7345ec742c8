import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/**
 * The licences of the packages of which esbuild took code into a bundle, as one text: most want their notice beside a copy.
 * @param metafiles of the builds, with `absWorkingDir` or the current folder as base
 * @throws where a package has neither a file with its licence nor the name of one
 */
export function bundledLicences(metafiles) {
  const folders = new Set(
    metafiles.flatMap(({ inputs }) => Object.keys(inputs)).flatMap((file) => packageFolder(resolve(file))),
  );
  const texts = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    if (license === undefined && file === undefined) throw new Error(`${folder}: says no licence`);
    texts.set(`${name} ${version} (${license})`, file === undefined ? '' : readFileSync(join(folder, file), 'utf8'));
  }
  const parts = [...texts].sort().map(([title, text]) => `${title}\n\n${text.trim()}`.trim());
  return `Code of these packages is in files beside this one.\n\n${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** The folder of the package that a file in node_modules belongs to. */
function packageFolder(file) {
  if (!file.includes(`${sep}node_modules${sep}`)) return [];
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    // Some packages have a package.json without a name in a folder, which says the kind of its modules.
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version !== undefined) return [folder];
  }
}
