import type { AlignedText } from './aligned-text.ts';

export type UnicodeForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

type Change = readonly [character: string, change: number];

/** A text in a Unicode normalisation form; ranges as the reference's normaliser gives them. */
export function inUnicodeForm(aligned: AlignedText, form: UnicodeForm): AlignedText {
  const { text } = aligned;
  if (text.normalize(form) === text) return aligned;
  const decomposed = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD';
  const changes = decomposition(text, decomposed);
  return aligned.transform(form === decomposed ? changes : composition(changes, text.normalize(form)));
}

/**
 * The characters of the decomposed text. The first character of a decomposition takes the place of what it comes
 * from, the others are added; marks that are put in order take this with them.
 */
function decomposition(text: string, form: 'NFD' | 'NFKD'): Change[] {
  const changes: Change[] = [];
  for (const character of text) {
    [...character.normalize(form)].forEach((part, i) => {
      changes.push([part, i === 0 ? 0 : 1]);
    });
  }
  // Ordering moves marks only; equal marks keep their order, so the first equal one that is left is the right one.
  [...text.normalize(form)].forEach((character, i) => {
    if (changes[i]?.[0] === character) return;
    const from = changes.findIndex(([other], j) => j > i && other === character);
    if (from >= 0) changes.splice(i, 0, ...changes.splice(from, 1));
  });
  return changes;
}

/** The characters of the composed text: each stands for those that it was composed from. */
function composition(decomposed: readonly Change[], composed: string): Change[] {
  const left = [...decomposed];
  return [...composed].map((character): Change => {
    let change = 1;
    for (const part of character.normalize('NFD')) {
      const at = left.findIndex(([other]) => other === part);
      if (at < 0) continue;
      const [[, own] = [part, 0]] = left.splice(at, 1);
      change += own - 1;
    }
    return [character, change];
  });
}
