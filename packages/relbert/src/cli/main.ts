import { runCommandLine } from './command-line.ts';

// No top-level await: where everything has come to rest before the end, Node would exit with code 13.
runCommandLine(process.argv.slice(2)).then(
  (code) => {
    // Native threads and an open standard input must not keep the process; what was written is to get out first.
    process.exitCode = code;
    process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
  },
  (error: unknown) => {
    process.exitCode = 1;
    throw error;
  },
);
