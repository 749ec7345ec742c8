import { DataError } from '../text/data-error.ts';

/** The texts of WordNet's dict folder that are needed, by file name: `data.noun` … `data.adv`, `index.sense`. */
export type WordNetFiles = Readonly<Record<WordNetFileName, string>>;
type WordNetFileName = (typeof WORDNET_FILES)[number];
export const WORDNET_FILES = ['data.noun', 'data.verb', 'data.adj', 'data.adv', 'index.sense'] as const;

/** Part of speech; satellite adjectives (`s` in the files) count as adjectives. */
export type PartOfSpeech = 'n' | 'v' | 'a' | 'r';

export interface WordSense {
  /** As written, `_` between the words of a phrase. */
  readonly word: string;
  /** 1 for the most frequent sense of the word. 0 where the sense index lacks it. */
  readonly number: number;
  /** How often all senses of the word, in this part of speech, were tagged in WordNet's corpora. */
  readonly frequency: number;
}

export interface Pointer {
  /** WordNet's symbol: `@` hypernym, `!` antonym, ... (man wninput). */
  readonly symbol: string;
  readonly target: string;
  /** Positions in `words` of the two words that a lexical pointer links, from 0; undefined: it links the synsets. */
  readonly words: readonly [source: number, target: number] | undefined;
}

export interface Synset {
  /** Part of speech and offset, `n00001740`: what pointers name. */
  readonly id: string;
  readonly pos: PartOfSpeech;
  /** `noun.animal`, `verb.motion`, `adj.all`, ... */
  readonly lexicalFile: string;
  readonly words: readonly WordSense[];
  readonly pointers: readonly Pointer[];
  /** Definition and examples. */
  readonly gloss: string;
}

export type WordNet = ReadonlyMap<string, Synset>;

/** Names of the lexicographer files by number (man lexnames). */
const LEXICAL_FILES = (
  'adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition ' +
  'noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person ' +
  'noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state ' +
  'noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition verb.consumption ' +
  'verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession verb.social verb.stative ' +
  'verb.weather adj.ppl'
).split(' ');

const PARTS_BY_DIGIT: readonly PartOfSpeech[] = ['n', 'v', 'a', 'r', 'a'];

/** Reads WordNet 3.x (man wndb). @throws DataError with file and line where a line has another form */
export function parseWordNet(files: WordNetFiles): WordNet {
  const { numbers, frequencies } = parseSenses(files['index.sense']);
  const synsets = new Map<string, Synset>();
  for (const file of WORDNET_FILES.slice(0, 4) as Exclude<WordNetFileName, 'index.sense'>[]) {
    forEachLine(files[file], (line, number) => {
      // The licence stands on lines that begin with a space.
      if (line.startsWith(' ')) return;
      const synset = parseSynset(line, numbers, frequencies);
      if (!synset) throw new DataError(file, number, `not a line of WordNet: '${line.slice(0, 60)}'`);
      synsets.set(synset.id, synset);
    });
  }
  if (synsets.size === 0) throw new DataError('data.noun', undefined, 'holds no synset');
  return synsets;
}

function parseSynset(
  line: string,
  numbers: ReadonlyMap<string, number>,
  frequencies: ReadonlyMap<string, number>,
): Synset | undefined {
  const bar = line.indexOf(' | ');
  const fields = line.slice(0, bar < 0 ? line.length : bar).split(' ');
  const [offset = '', file = '', type = '', count = ''] = fields;
  const pos = type === 's' ? 'a' : type;
  const lexicalFile = LEXICAL_FILES[Number(file)];
  if (!/^\d{8}$/.test(offset) || !isPartOfSpeech(pos) || !lexicalFile || !/^[\da-f]{2}$/i.test(count)) return undefined;
  const id = pos + offset;
  const wordCount = Number.parseInt(count, 16);
  const words = Array.from({ length: wordCount }, (_, i): WordSense => {
    // Adjectives carry their position: galore(ip).
    const word = (fields[4 + 2 * i] ?? '').replace(/\([a-z]+\)$/, '');
    const lemma = word.toLowerCase();
    return { word, number: numbers.get(`${id} ${lemma}`) ?? 0, frequency: frequencies.get(`${pos} ${lemma}`) ?? 0 };
  });
  const start = 4 + 2 * wordCount;
  const pointers = Array.from({ length: Number(fields[start]) || 0 }, (_, i): Pointer => {
    const at = start + 1 + 4 * i;
    const [symbol = '', to = '', part = '', link = ''] = fields.slice(at, at + 4);
    const [source, target] = [link.slice(0, 2), link.slice(2)].map((hex) => Number.parseInt(hex, 16));
    return {
      symbol,
      target: (part === 's' ? 'a' : part) + to,
      words: source && target ? [source - 1, target - 1] : undefined,
    };
  });
  return { id, pos, lexicalFile, words, pointers, gloss: bar < 0 ? '' : line.slice(bar + 3) };
}

/** Sense numbers by `synset lemma`, frequencies by `part lemma`. */
function parseSenses(text: string): { numbers: Map<string, number>; frequencies: Map<string, number> } {
  const numbers = new Map<string, number>();
  const frequencies = new Map<string, number>();
  forEachLine(text, (line, number) => {
    const [key = '', offset = '', sense = '', count = ''] = line.split(' ');
    const [lemma = '', lexical = ''] = key.split('%');
    const pos = PARTS_BY_DIGIT[Number(lexical[0]) - 1];
    if (!pos || !offset || !/^\d+$/.test(sense) || !/^\d+$/.test(count)) {
      throw new DataError('index.sense', number, `not a line of a sense index: '${line.slice(0, 60)}'`);
    }
    numbers.set(`${pos}${offset} ${lemma}`, Number(sense));
    const word = `${pos} ${lemma}`;
    frequencies.set(word, (frequencies.get(word) ?? 0) + Number(count));
  });
  return { numbers, frequencies };
}

function isPartOfSpeech(text: string): text is PartOfSpeech {
  return text === 'n' || text === 'v' || text === 'a' || text === 'r';
}

/** Not split into an array: the files hold some 30 MB. */
function forEachLine(text: string, visit: (line: string, number: number) => void): void {
  let number = 0;
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end).trimEnd();
    number += 1;
    if (line !== '') visit(line, number);
    start = end < 0 ? text.length : end + 1;
  }
}
