/** The command lines that repeat single figures. */
import type { DeviceChoice, Dtype } from 'relbert';

/** What was typed to choose a model. */
export interface ModelChoice {
  readonly model: string;
  readonly template?: string | undefined;
  /** A folder with a learned prompt. */
  readonly prompt?: string | undefined;
  readonly pooling?: string | undefined;
  readonly maxLength?: number | undefined;
  readonly batchTokens?: number | undefined;
  readonly dtype?: Dtype | undefined;
  readonly threads?: number | undefined;
  readonly device?: DeviceChoice | undefined;
  readonly normalize?: boolean | undefined;
}

/** A word as a shell takes it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** `relbert COMMAND --model M --template T ...`, without what is the default. */
export function repeatCommand(
  command: readonly string[],
  { model, template, prompt, pooling, maxLength, batchTokens, dtype, threads, device, normalize }: ModelChoice,
): string {
  const flags: (readonly [string, string | number | undefined])[] = [
    ['--model', model],
    ['--template', template],
    ['--prompt', prompt],
    ['--pooling', pooling],
    ['--max-length', maxLength],
    ['--batch-tokens', batchTokens],
    ['--dtype', dtype === 'f32' ? undefined : dtype],
    ['--threads', threads],
    ['--device', device === 'auto' ? undefined : device],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
  return ['relbert', ...command, ...given, ...(normalize ? ['--normalize'] : [])].map(shellWord).join(' ');
}
