import { graceOf, runCommandLine } from './command-line.ts';
import { endProcess, processIo } from './process-io.ts';

const args = process.argv.slice(2);
const io = processIo(graceOf(args[0]));
// No top-level await: where nothing keeps the event loop busy before the end, Node would exit with code 13.
runCommandLine(args, io).then(
  (code) => {
    // Native threads and an open standard input must not keep the process, but all output must get out first.
    process.exitCode = code;
    io.stdout.write('', () => io.stderr.write('', () => void endProcess(code)));
  },
  (error: unknown) => {
    process.exitCode = 1;
    throw error;
  },
);
