import { type Dim, formatShape, GraphError, type Shape } from './tensor.ts';

/**
 * Arithmetic on dimensions that may be names. A product is a number times named factors, written
 * `12*B*T`; a sum is one opaque factor, written `(B+1)`. Two dimensions are equal where they are written alike,
 * so both forms are canonical: number first, names in order.
 */
interface Product {
  readonly coefficient: number;
  readonly factors: readonly string[];
}

/** The product of dimensions, for example of those two that `flatten` merges. */
export function multiplyDims(dims: readonly Dim[]): Dim {
  return formatProduct(productOf(dims));
}

/** a + b as a dimension, for example of a concatenation. */
export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (b === 0) return a;
  if (a === 0) return b;
  const terms = [...termsOf(a), ...termsOf(b)];
  const number = terms.reduce<number>((sum, term) => (typeof term === 'number' ? sum + term : sum), 0);
  const names = terms.filter((term) => typeof term === 'string').toSorted();
  if (number === 0 && names.length === 1) return names[0] as string;
  return `(${names.join('+')}${number === 0 ? '' : number > 0 ? `+${number}` : number})`;
}

/** total / part where the division has no rest, else undefined. */
export function divideDims(total: readonly Dim[], part: readonly Dim[]): Dim | undefined {
  const numerator = productOf(total);
  const denominator = productOf(part);
  const factors = [...numerator.factors];
  for (const factor of denominator.factors) {
    const at = factors.indexOf(factor);
    if (at < 0) return undefined;
    factors.splice(at, 1);
  }
  const coefficient = numerator.coefficient / denominator.coefficient;
  return Number.isInteger(coefficient) ? formatProduct({ coefficient, factors }) : undefined;
}

/** Whether tensors of the two shapes hold equally many elements. */
export function sameSize(a: Shape, b: Shape): boolean {
  return multiplyDims(a) === multiplyDims(b);
}

/** Factors of a dimension: 'B*T' → ['B', 'T']. */
export function factorsOf(dim: Dim): readonly Dim[] {
  const { coefficient, factors } = productOf([dim]);
  return coefficient === 1 && factors.length > 0 ? factors : [coefficient, ...factors];
}

/** @throws GraphError where two dimensions that must be equal are not; both shapes are in the message */
export function requireEqual(
  operator: string,
  left: Dim | undefined,
  right: Dim | undefined,
  a: Shape,
  b: Shape,
): void {
  if (left === right) return;
  throw new GraphError(
    `${operator}: dimensions ${left ?? 'none'} and ${right ?? 'none'} of shapes ${formatShape(a)} and ${formatShape(b)} differ`,
  );
}

function productOf(dims: readonly Dim[]): Product {
  let coefficient = 1;
  const factors: string[] = [];
  for (const dim of dims) {
    if (typeof dim === 'number') coefficient *= dim;
    else {
      for (const part of splitTop(dim, '*')) {
        if (/^\d+$/.test(part)) coefficient *= Number(part);
        else factors.push(part);
      }
    }
  }
  return { coefficient, factors: factors.toSorted() };
}

function formatProduct({ coefficient, factors }: Product): Dim {
  if (factors.length === 0 || coefficient === 0) return coefficient;
  return coefficient === 1 ? factors.join('*') : `${coefficient}*${factors.join('*')}`;
}

function termsOf(dim: Dim): Dim[] {
  if (typeof dim === 'number' || !dim.startsWith('(')) return [dim];
  return splitTop(dim.slice(1, -1).replaceAll('-', '+-'), '+').map((term) =>
    /^-?\d+$/.test(term) ? Number(term) : term,
  );
}

/** Splits at a character outside of parentheses. */
function splitTop(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
