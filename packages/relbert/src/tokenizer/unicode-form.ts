import type { AlignedText } from './aligned-text.ts';

export type UnicodeForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

type Change = readonly [character: string, change: number];

/** A text in a Unicode normalisation form, with the same ranges as in the reference. */
export function inUnicodeForm(aligned: AlignedText, form: UnicodeForm): AlignedText {
  const { text } = aligned;
  if (text.normalize(form) === text) return aligned;
  const decomposed = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD';
  const changes = decomposition(text, decomposed);
  return aligned.transform(form === decomposed ? changes : composition(changes, text.normalize(form)));
}

/**
 * The characters of the decomposed text. The first character of a decomposition replaces the original one, the others
 * are added. Marks keep this when they are reordered.
 */
function decomposition(text: string, form: 'NFD' | 'NFKD'): Change[] {
  const changes: Change[] = [];
  for (const character of text) {
    [...character.normalize(form)].forEach((part, i) => {
      changes.push([part, i === 0 ? 0 : 1]);
    });
  }
  // Reordering moves marks only, and equal marks keep their order: the first equal one still to come is the right one.
  [...text.normalize(form)].forEach((character, i) => {
    if (changes[i]?.[0] === character) return;
    const from = changes.findIndex(([other], j) => j > i && other === character);
    if (from >= 0) changes.splice(i, 0, ...changes.splice(from, 1));
  });
  return changes;
}

/** The characters of the composed text; each replaces the characters that it was composed from. */
function composition(decomposed: readonly Change[], composed: string): Change[] {
  const rest = [...decomposed];
  return [...composed].map((character): Change => {
    let change = 1;
    for (const part of character.normalize('NFD')) {
      const at = rest.findIndex(([other]) => other === part);
      if (at < 0) continue;
      const [[, width] = [part, 0]] = rest.splice(at, 1);
      change += width - 1;
    }
    return [character, change];
  });
}
