import { RelbertError } from '../text/relbert-error.ts';

/** An unknown pooling, or a prompt without the tokens that a pooling needs. */
export class PoolingError extends RelbertError {
  override readonly name = 'PoolingError';
}
