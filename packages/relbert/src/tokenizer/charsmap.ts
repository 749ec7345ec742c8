/**
 * The normalisation rules inside a SentencePiece model (`precompiled_charsmap`): a double-array trie (Darts) over
 * UTF-8 bytes whose values point into a block of replacement texts that end in 0.
 *
 * As in the reference, a grapheme of fewer than six bytes is looked up as a whole, a longer one character by character.
 * The shortest prefix with a rule wins, and the rest of the grapheme is lost.
 */
import type { AlignedText } from './aligned-text.ts';

export interface Charsmap {
  normalise(aligned: AlignedText): AlignedText;
  /** Whether a rule starts with a space, so that words are not independent of each other. */
  readonly joinsWords: boolean;
}

/** @throws RangeError where the bytes are not rules */
export function createCharsmap(bytes: Uint8Array): Charsmap {
  const trie = new Trie(bytes);
  const encoder = new TextEncoder();
  const cache = new Map<string, string | undefined>();
  const transform = (part: string): string | undefined => {
    if (cache.has(part)) return cache.get(part);
    const replaced = trie.shortest(encoder.encode(part));
    if (cache.size >= maxCached) cache.clear();
    cache.set(part, replaced);
    return replaced;
  };
  const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
  return {
    normalise(aligned) {
      const changes: [string, number][] = [];
      let modified = false;
      const put = (part: string, replaced: string | undefined): void => {
        if (replaced === undefined) {
          changes.push([part, 0]);
          return;
        }
        modified = true;
        pushReplaced(changes, part, replaced);
      };
      for (const { segment } of graphemes.segment(aligned.text)) {
        const whole = encoder.encode(segment).length < 6 ? transform(segment) : undefined;
        if (whole !== undefined) put(segment, whole);
        else for (const character of segment) put(character, transform(character));
      }
      return modified ? aligned.transform(changes) : aligned;
    },
    joinsWords: trie.hasBranch(0x20),
  };
}

const maxCached = 65_536;

/** The characters of a replacement: extra ones count as added, missing ones as removed after the last. */
function pushReplaced(changes: [string, number][], part: string, replaced: string): void {
  const characters = [...replaced];
  const more = characters.length - [...part].length;
  characters.forEach((character, i) => {
    changes.push([character, more > 0 && i >= characters.length - more ? 1 : 0]);
  });
  const last = changes.at(-1);
  if (more < 0 && last) last[1] += more;
}

class Trie {
  readonly #units: Uint32Array;
  readonly #texts: Uint8Array;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.byteLength < 4 ? -1 : view.getUint32(0, true);
    if (size < 4 || size % 4 !== 0 || size + 4 > bytes.byteLength) throw new RangeError('the charsmap is damaged');
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.#texts = bytes.subarray(4 + size);
  }

  /** The replacement of the shortest prefix of the key that has one. */
  shortest(key: Uint8Array): string | undefined {
    let at = offset(this.#unit(0));
    for (const byte of key) {
      if (byte === 0) return undefined;
      at ^= byte;
      const unit = this.#unit(at);
      if (label(unit) !== byte) return undefined;
      at ^= offset(unit);
      if (((unit >>> 8) & 1) === 1) return this.#text(this.#unit(at) & 0x7fffffff);
    }
    return undefined;
  }

  hasBranch(byte: number): boolean {
    return label(this.#unit(offset(this.#unit(0)) ^ byte)) === byte;
  }

  #unit(at: number): number {
    return this.#units[at] ?? 0x80000000;
  }

  #text(start: number): string {
    const end = this.#texts.indexOf(0, start);
    return this.#decoder.decode(this.#texts.subarray(start, end < 0 ? this.#texts.length : end));
  }
}

/** The byte that leads to a unit. The highest bit marks a value, which equals no byte. */
function label(unit: number): number {
  return (unit & 0x800000ff) >>> 0;
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
