import { RelbertError } from '../text/relbert-error.ts';

/** Weights that do not fit the configuration; the message names tensor, expected and found shape. */
export class WeightError extends RelbertError {
  override readonly name = 'WeightError';
}
