import {
  add,
  addAll,
  cast,
  constant,
  type Dim,
  flatten,
  fusedMatMul,
  gather,
  input,
  layerNormalization,
  leading,
  linear,
  matMulRowsFirst,
  mul,
  range,
  reshape,
  scalar,
  softmax,
  sub,
  type Tensor,
  termsOf,
  transpose,
  unsqueeze,
} from '../graph/index.ts';
import { type Activation, activate, boundedBelow } from './activation.ts';
import type { EncoderConfig } from './config.ts';
import { fusedOperators } from './fused.ts';
import { Int8Linear, type Int8Options, type ProductOptions } from './int8.ts';
import { type Int8Weights, ParameterSet, type Stage, type StoredParameter } from './parameter.ts';
import { type Lookup, wordLookup } from './word-lookup.ts';

/** A place where training drops elements out. */
export interface DropoutSite {
  /** `embeddings`, `layer.0.attention.weights`, `layer.0.attention.output` …; the graph input is `dropout.<name>`. */
  readonly name: string;
  /** Of the tensor that is dropped from: with the dimensions 'B' and 'T'. */
  readonly shape: readonly Dim[];
  /** Probability with which an element becomes 0; the others are divided by 1 − rate. */
  readonly rate: number;
}

export interface EncoderOptions {
  /** Computes the products with weights in 8-bit integers, inference only. Default: in float32. */
  readonly int8?: Int8Options | undefined;
  /** Weights that the graph takes in 8 bits, as they are stored: the same values, read sooner. Inference only. Default: none. */
  readonly int8Weights?: Int8Weights | undefined;
  /** Rows of the hidden states [B*T, H] that are read afterwards, int64 [B, P]: the last layer is computed for them alone. Default: all. */
  readonly readRows?: Tensor | undefined;
  /**
   * Has the layers of BERT's descendants compute with [T, B, H]: attention then reads queries, keys and values where they
   * lie. Plain operators, inference only. Default false.
   */
  readonly tokensFirst?: boolean;
  /** `fused`: MultiHeadAttention, SkipLayerNormalization and BiasGelu, for graphics processors; float32, inference only. Default `plain`. */
  readonly operators?: 'plain' | 'fused';
  /** Take `token_type_ids` as an input; else every token has type 0. Default false. */
  readonly tokenTypes?: boolean;
  /**
   * Vectors of soft-prompt tokens [count, E]: ids from the vocabulary's size upward stand for them. As data they
   * are rows appended to the word-embedding table; as a tensor they are a part of the graph, with a gradient.
   */
  readonly softPrompt?: Float32Array | Tensor | undefined;
  /**
   * For training: what drops elements of a tensor at a site. `true`: {@link dropoutInput}. Default: nothing is
   * dropped. Sites of rate 0 are left out.
   */
  readonly dropout?: boolean | ((x: Tensor, site: DropoutSite) => Tensor);
  /** The rate of every site. Default: those of config.json. */
  readonly dropoutRate?: number;
}

export interface AttentionOptions {
  readonly heads: number;
  /** Factor of the scores. Default 1 / √(H / heads). */
  readonly scale?: number;
  /** Added to the scores: [1 or B, 1 or heads, T, T]. */
  readonly bias?: Tensor | undefined;
  /** Dropout of the attention weights: the name of the site and the rate. */
  readonly site: string;
  readonly rate: number;
}

/** Added to the score of a padding token: its weight is 0 in single precision, and no score makes it infinite. */
export const MASKED = -1e9;

/**
 * What a family's graph is written with. Weights are declared by use, under their names in the base model, `.weight`
 * and `.bias` added: the first look-up is that of the words, {@link enter} says which part of the model follows.
 */
export class ModelBuilder {
  /** int64 [B, T]. */
  readonly inputIds = input('input_ids', 'int64', ['B', 'T']);
  /** int64 [B, T]: 1 for tokens, then 0 for padding. */
  readonly attentionMask = input('attention_mask', 'int64', ['B', 'T']);
  /** int64 [B, T], where they were asked for. */
  readonly tokenTypeIds: Tensor | undefined;
  readonly parameters: ParameterSet;
  readonly lookups: Lookup[] = [];
  /** Inputs of linear layers, with the weights that each is multiplied by. */
  readonly linearInputs = new Map<Tensor, StoredParameter[]>();
  /** In the order of the computation. */
  readonly dropoutSites: DropoutSite[] = [];
  readonly #config: EncoderConfig;
  readonly #options: EncoderOptions;
  readonly #fused: typeof fusedOperators | undefined;
  /** The product of every linear layer: x·weightᵀ + bias. */
  readonly #product: (x: Tensor, weight: StoredParameter, options: ProductOptions) => Tensor;
  readonly #int8: Int8Linear | undefined;
  #layers = 0;
  #reduced = false;
  #tokensFirst = false;

  constructor(config: EncoderConfig, options: EncoderOptions) {
    const { int8, int8Weights, operators = 'plain', tokenTypes = false, dropout, tokensFirst } = options;
    if ((int8 || operators !== 'plain' || tokensFirst) && dropout) {
      const form = `${operators} ones in ${int8 ? 'int8' : 'f32'}${tokensFirst ? ', tokens first' : ''}`;
      throw new RangeError(`dropout goes with plain operators in f32, not with ${form}`);
    }
    this.parameters = new ParameterSet(int8Weights);
    this.#config = config;
    this.#options = options;
    this.tokenTypeIds = tokenTypes ? input('token_type_ids', 'int64', ['B', 'T']) : undefined;
    this.#fused = operators === 'fused' && !int8 ? fusedOperators : undefined;
    this.#int8 = int8 && new Int8Linear(this.parameters, int8);
    this.#product = (x, weight, options) => {
      const weights = this.linearInputs.get(x);
      if (weights) weights.push(weight);
      else this.linearInputs.set(x, [weight]);
      return this.#int8?.product(x, weight, options) ?? this.#plainProduct(x, weight, options);
    };
  }

  /** Layers entered so far. */
  get layers(): number {
    return this.#layers;
  }

  /** The weights that follow belong to this part of the model; a builder begins with the embeddings. */
  enter(stage: Stage): void {
    this.parameters.stage = stage;
    if (typeof stage === 'number') this.#layers = Math.max(this.#layers, stage + 1);
  }

  /** A weight as it is stored. */
  weight(name: string, shape: readonly number[]): Tensor {
    return this.parameters.asStored(this.parameters.declare(name, shape));
  }

  /** Word embeddings [B, T, E], those of a soft prompt among them. */
  words(name: string): Tensor {
    const { words, lookup } = wordLookup({
      parameters: this.parameters,
      name: `${name}.weight`,
      vocabularySize: this.#config.vocabularySize,
      embedding: this.#config.embedding,
      inputIds: this.inputIds,
      softPrompt: this.#options.softPrompt,
    });
    this.lookups.push(lookup);
    return words;
  }

  /** Rows of a table [count, width] by ids: [...ids, width]. */
  rows(name: string, count: number, width: number, ids: Tensor): Tensor {
    const table = this.parameters.declare(`${name}.weight`, [count, width]);
    const rows = gather(this.parameters.asStored(table), ids);
    this.lookups.push({ table, ids, rows });
    return rows;
  }

  /** The first T rows of a table [count, width]: [T, width]. */
  firstRows(name: string, count: number, width: number): Tensor {
    const table = this.parameters.declare(`${name}.weight`, [count, width]);
    // A slice, not a Gather of a Range: ONNX Runtime 1.30 fuses that into EmbedLayerNormalization, and crashes where
    // the range is an output too.
    const rows = leading(this.parameters.asStored(table), 'T', [this.inputIds]);
    this.lookups.push({ table, ids: range('T', [this.inputIds]), rows });
    return rows;
  }

  /** Rows of a table of token types: [B, T, width], or one for all tokens [1, width] where every token has type 0. */
  tokenTypeRows(name: string, count: number, width: number): Tensor {
    return this.rows(name, count, width, this.tokenTypeIds ?? constant(BigInt64Array.of(0n), [1]));
  }

  /** The first layer's input [B, T, H] in the order in which the layers compute: the same, or [T, B, H]. */
  inOrder(x: Tensor): Tensor {
    this.#tokensFirst = this.#options.tokensFirst === true && !this.#fused;
    return this.#exchanged(x);
  }

  /** Of the last layer's input [B, T, H] the rows that are read: [B, P, H]; or [T, B, H] and [P, B, H]. */
  onlyRead(x: Tensor): Tensor {
    const { readRows } = this.#options;
    if (!readRows || this.#reduced || this.#fused) return x;
    this.#reduced = true;
    return this.#exchanged(gather(flatten(this.#exchanged(x), 0, 1), readRows));
  }

  /** The hidden states that the encoder gives, [B, T, H] or [B, P, H], of what its layers give. */
  result(hidden: Tensor): Tensor {
    const { readRows } = this.#options;
    const states = this.#exchanged(hidden);
    return readRows && !this.#reduced ? gather(flatten(states, 0, 1), readRows) : states;
  }

  /**
   * x·weightᵀ + bias: [..., in] → [..., size].
   * @param options `bias`: default true. `reader`: the only linear layer that reads the result, by weighted means of its rows.
   */
  linear(
    x: Tensor,
    name: string,
    size: number,
    { bias = true, reader }: { readonly bias?: boolean; readonly reader?: string } = {},
  ): Tensor {
    const weight = this.#matrix(x, name, size);
    return this.#product(x, weight, {
      bias: bias ? this.weight(`${name}.bias`, [size]) : undefined,
      reader: reader && `${reader}.weight`,
    });
  }

  /** activation(x·weightᵀ + bias). */
  activated(x: Tensor, name: string, size: number, activation: Activation): Tensor {
    const weight = this.#matrix(x, name, size);
    const bias = this.weight(`${name}.bias`, [size]);
    const fused = this.#fused?.activated(x, this.parameters.asStored(weight), bias, activation);
    if (fused) return fused;
    const result = activate[activation](this.#product(x, weight, { bias }));
    if (boundedBelow.has(activation)) this.#int8?.setBoundedBelow(result);
    return result;
  }

  /** Layer normalisation over the last axis. */
  norm(x: Tensor, name: string, epsilon: number, { bias = true }: { readonly bias?: boolean } = {}): Tensor {
    const [gamma, beta] = this.#scaleAndShift(name, x.shape.at(-1) as number, bias);
    return layerNormalization(x, gamma, beta, epsilon);
  }

  /** norm(residual + dropout(x·weightᵀ + bias)): the end of a sub-layer of a post-norm transformer. */
  postNorm(
    x: Tensor,
    residual: Tensor,
    names: { readonly linear: string; readonly norm: string; readonly epsilon: number },
    dropout?: { readonly site: string; readonly rate: number },
  ): Tensor {
    const { epsilon } = names;
    const size = residual.shape.at(-1) as number;
    const weight = this.#matrix(x, names.linear, size);
    const bias = this.weight(`${names.linear}.bias`, [size]);
    const [gamma, beta] = this.#scaleAndShift(names.norm, size, true);
    if (this.#fused) {
      return this.#fused.postNorm(x, this.parameters.asStored(weight), bias, residual, { gamma, beta, epsilon });
    }
    const terms = this.#int8?.terms(residual);
    const product = this.#product(x, weight, { bias: terms ? add(bias, terms.centres) : bias });
    const dropped = dropout ? this.dropped(product, dropout.site, dropout.rate) : product;
    // Sum where Add would do: ONNX Runtime makes the slow SkipLayerNormalization of an Add.
    return layerNormalization(addAll(terms?.scaled ?? residual, ...termsOf(dropped)), gamma, beta, epsilon);
  }

  /**
   * softmax(q·kᵀ·scale + bias, padding hidden)·v for each head: q [B, P, H], k, v [B, T, H] → [B, P, H]; the axes B and T
   * exchanged everywhere after {@link inOrder} with `tokensFirst`.
   */
  attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
    const width = q.shape[2] as number;
    const { heads, scale, bias, site, rate } = options;
    const mask = this.attentionMask;
    if (this.#fused) return this.#fused.attention(q, k, v, { heads, scale, mask, bias });
    const alpha = scale ?? (width / heads) ** -0.5;
    const [byQuery, byKey, byValue] = [q, k, v].map((x) => inHeads(x, heads)) as [Tensor, Tensor, Tensor];
    const first = this.#tokensFirst;
    const scores = first
      ? matMulRowsFirst(byQuery, byKey, { rowsFirst: true, transB: true, alpha })
      : fusedMatMul(headsFirst(byQuery), headsFirst(byKey), { transB: true, alpha });
    const padding = unsqueeze(mul(sub(scalar(1), cast(mask, 'float32')), scalar(MASKED)), 1, 2); // [B, 1, 1, T]
    const weights = this.dropped(softmax(add(scores, bias ? add(bias, padding) : padding)), site, rate); // [B, heads, T, T]
    const mixed = first ? matMulRowsFirst(weights, byValue) : fusedMatMul(weights, headsFirst(byValue)); // [B, heads, T, H / heads]
    return reshape(transpose(mixed, first ? [2, 0, 1, 3] : [0, 2, 1, 3]), q.shape);
  }

  /** x with elements dropped, in training. */
  dropped(x: Tensor, name: string, configured: number): Tensor {
    const { dropout, dropoutRate: rate = configured } = this.#options;
    if (!dropout || rate === 0) return x;
    const site: DropoutSite = { name, shape: x.shape, rate };
    this.dropoutSites.push(site);
    return dropout === true ? dropoutInput(x, site) : dropout(x, site);
  }

  /** The axes of prompts and of tokens exchanged, where the layers have tokens first. */
  #exchanged(x: Tensor): Tensor {
    return this.#tokensFirst ? transpose(x, [1, 0, 2]) : x;
  }

  /** The stored layout, so that gradients come in it too. */
  readonly #plainProduct = (x: Tensor, weight: StoredParameter, { bias }: ProductOptions): Tensor =>
    linear(x, this.parameters.asStored(weight), bias, { transposed: true });

  /** The weight [size, in] of a linear layer. */
  #matrix(x: Tensor, name: string, size: number): StoredParameter {
    return this.parameters.declare(`${name}.weight`, [size, x.shape.at(-1) as number]);
  }

  /** Weight and bias of a normalisation. */
  #scaleAndShift(name: string, width: number, bias: boolean): readonly [Tensor, Tensor] {
    const gamma = this.weight(`${name}.weight`, [width]);
    return [gamma, bias ? this.weight(`${name}.bias`, [width]) : constant(new Float32Array(width), [width])];
  }
}

/** [B, T, H] → [B, T, heads, H / heads]. */
function inHeads(x: Tensor, heads: number): Tensor {
  const [batch, tokens, width] = x.shape as [Dim, Dim, number];
  return reshape(x, [batch, tokens, heads, width / heads]);
}

/** [B, T, heads, K] → [B, heads, T, K]. */
function headsFirst(x: Tensor): Tensor {
  return transpose(x, [0, 2, 1, 3]);
}

/** x · mask, the mask a graph input `dropout.<site>` of the shape of x: 0, or 1 / (1 − rate). */
export function dropoutInput(x: Tensor, site: DropoutSite): Tensor {
  return mul(x, input(`dropout.${site.name}`, 'float32', site.shape));
}
