/**
 * What an encoder consists of, as data: every family is embeddings that are added up and normalised, then layers of
 * self-attention and feed-forward with the residual normalised behind each ("post-LN": Devlin et al. 2019, sections 3
 * and A; Vaswani et al. 2017, section 3). The families differ in names, in the embeddings, in sharing and in where
 * they drop out; those differences are all that the files of the families hold.
 */

/** A tensor as a checkpoint stores it: its name in the base model (no `bert.` before it) and its shape. */
export interface StoredParameter {
  readonly name: string;
  readonly shape: readonly number[];
}

/** x ↦ x·weightᵀ + bias, weight [out, in] as PyTorch stores it, bias [out]. */
export interface Linear {
  readonly weight: StoredParameter;
  readonly bias: StoredParameter;
}

/** Layer normalisation: weight (gamma) and bias (beta), both [width]. */
export interface Norm {
  readonly weight: StoredParameter;
  readonly bias: StoredParameter;
}

/** The weights of one layer. */
export interface Layer {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly attentionOutput: Linear;
  readonly attentionNorm: Norm;
  readonly intermediate: Linear;
  readonly output: Linear;
  readonly outputNorm: Norm;
}

export interface Embeddings {
  /** [vocabulary, E]. */
  readonly word: StoredParameter;
  /** [positions, E]. */
  readonly position: StoredParameter;
  /**
   * `index`: 0, 1, 2 … along the input. `ids`: counted from the tokens that are not padding, from padId + 1 on;
   * a padding token has position padId.
   */
  readonly positionFrom: 'index' | 'ids';
  /** [types, E]; none in DistilBERT and MPNet. */
  readonly tokenType?: StoredParameter;
  readonly norm: Norm;
  /** From E to H (ALBERT). */
  readonly projection?: Linear;
}

export interface Architecture {
  readonly embeddings: Embeddings;
  /** In the order in which they are applied; ALBERT applies the same weights several times. */
  readonly layers: readonly Layer[];
  /** Attention bias by relative position [buckets, heads], shared by the layers (MPNet). */
  readonly relativeBias?: StoredParameter;
  /** Where training drops out beside the embeddings and the attention weights. */
  readonly dropout: { readonly attentionOutput: boolean; readonly output: boolean };
}

/** The stored parameters that an architecture computes with, each once, in the order of the computation. */
export function storedParameters(architecture: Architecture): readonly StoredParameter[] {
  const { word, position, tokenType, norm, projection } = architecture.embeddings;
  const all = [
    word,
    position,
    ...(tokenType ? [tokenType] : []),
    norm.weight,
    norm.bias,
    ...(projection ? [projection.weight, projection.bias] : []),
    ...(architecture.relativeBias ? [architecture.relativeBias] : []),
    ...architecture.layers.flatMap((layer) => Object.values(layer).flatMap(({ weight, bias }) => [weight, bias])),
  ];
  return [...new Map(all.map((parameter) => [parameter.name, parameter])).values()];
}

export function table(name: string, rows: number, width: number): StoredParameter {
  return { name: `${name}.weight`, shape: [rows, width] };
}

export function linear(name: string, from: number, to: number): Linear {
  return { weight: { name: `${name}.weight`, shape: [to, from] }, bias: { name: `${name}.bias`, shape: [to] } };
}

export function norm(name: string, width: number): Norm {
  return { weight: { name: `${name}.weight`, shape: [width] }, bias: { name: `${name}.bias`, shape: [width] } };
}
