import { RelbertError } from '../text/relbert-error.ts';

/** Examples that a classifier cannot be learnt from, or a saved classifier that is damaged or does not fit its encoder. */
export class ClassifierError extends RelbertError {
  override readonly name = 'ClassifierError';
}
