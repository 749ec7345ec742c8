#!/usr/bin/env node
// The same as `relbert serve`.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

process.argv.splice(2, 0, 'serve');
const relbert = dirname(createRequire(import.meta.url).resolve('relbert/package.json'));
await import(pathToFileURL(join(relbert, 'bin/relbert.js')).href);
