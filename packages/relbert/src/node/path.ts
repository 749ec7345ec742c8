/** @file Paths as this system writes them: for `cli/`, which touches no file itself. */
export { basename, dirname, extname, join, resolve } from 'node:path';
