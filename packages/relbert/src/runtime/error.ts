import { RelbertError } from '../text/relbert-error.ts';

/** A failure of the native tensor runtime; `cause` is the error it gave. */
export class RuntimeError extends RelbertError {
  override readonly name = 'RuntimeError';
}

/** What the runtime said, without the source file and line of its own code. */
export function runtimeError(action: string, cause: unknown): RuntimeError {
  return new RuntimeError(`${action}: ${reasonOf(cause)}`, { cause });
}

/** The first line of what a runtime said, without the source file and function of its code. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  // "/src/graph.cc:1555 void f() What went wrong\nStacktrace: …"
  const [first = message] = message.split('\n');
  return first
    .replace(/^\S+\.(?:cc|h):\d+ [^()]*\([^()]*\)(?:::<lambda\(\)>)?(?: const)? /, '')
    .trim()
    .replace(/\.$/, '');
}
