import { RelbertError } from '../text/relbert-error.ts';

/** A saved classifier that is damaged, or does not fit the encoder that it is to be used with. */
export class ClassifierError extends RelbertError {
  override readonly name = 'ClassifierError';
}
