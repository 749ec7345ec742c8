/**
 * @file Where the command begins. It is bundled (dist/command), so that a start reads few files. The commands of other
 * packages share classes with the library: they run from the library's modules, dist/cli.
 */
import { isPackageCommand } from './package-commands.ts';

// A name in a variable: the bundler leaves it alone.
const unbundled = '../cli/main.js';
void (isPackageCommand(process.argv[2]) ? import(unbundled) : import('./main.ts'));
