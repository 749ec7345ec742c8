#!/usr/bin/env node
// npm links a command when it installs, before the checkout is built: so this file is not a built one.
import { promises } from 'node:fs';
import module from 'node:module';

// From Node 22.1 on: what was compiled is kept for the next start.
module.enableCompileCache?.();

// Node reads all modules of an import at the same time, which fails where few open files are allowed (ulimit -n 64).
const most = 16;
const { readFile } = promises;
const waiting = [];
let reading = 0;
promises.readFile = async (...args) => {
  if (reading >= most) await new Promise((resolve) => waiting.push(resolve));
  reading++;
  try {
    return await readFile(...args);
  } finally {
    reading--;
    waiting.shift()?.();
  }
};

module.createRequire(import.meta.url)('../dist/command/start.cjs');
