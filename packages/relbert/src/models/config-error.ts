import { RelbertError } from '../text/relbert-error.ts';

/** A config.json that no encoder can be built from; the message names the file, the value and what is supported. */
export class EncoderConfigError extends RelbertError {
  override readonly name = 'EncoderConfigError';
}
