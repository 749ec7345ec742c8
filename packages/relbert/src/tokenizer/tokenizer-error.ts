import { RelbertError } from '../text/relbert-error.ts';

/** Tokenizer files that cannot be used. The message starts with the name of the file at fault. */
export class TokenizerError extends RelbertError {
  override readonly name = 'TokenizerError';
  readonly file: string;

  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`);
    this.file = file;
  }

  /** The same error, with the folder that the file lies in. */
  in(folder: string): TokenizerError {
    return new TokenizerError(`${folder}/${this.file}`, this.message.slice(`${this.file}: `.length));
  }
}
