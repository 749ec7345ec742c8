/** The questions of the word game. A seed gives the same questions to a whole class. */
import type { Pair } from './pair.ts';

export type GameKind = 'analogy' | 'odd';

export interface Question {
  /** Of an analogy; the odd pair out needs none. */
  readonly stem: Pair | undefined;
  readonly options: readonly Pair[];
  /** Place of the right answer among the options. */
  readonly right: number;
  /** What the stem, or all but the odd pair, have in common. */
  readonly relation: string;
  /** What the odd pair is instead. */
  readonly oddRelation: string | undefined;
}

export const rounds = 10;

/** What the model says to a question; it thinks until its engine has answered. */
export type ModelAnswer =
  | { readonly kind: 'thinking' }
  | { readonly kind: 'option'; readonly option: number }
  | { readonly kind: 'failed'; readonly message: string };

/** The answers to one question. */
export interface Given {
  readonly mine: number;
  readonly model: ModelAnswer;
}

/** The first answer of the player to the question at a place counts; the model thinks from then on. */
export function withMine(all: readonly Given[], at: number, option: number): readonly Given[] {
  return all[at] ? all : [...all, { mine: option, model: { kind: 'thinking' } }];
}

/** The model may answer after the player has gone on: its answer belongs to the question at `at`, and the others stay. */
export function withModel(all: readonly Given[], at: number, model: ModelAnswer): readonly Given[] {
  return all.map((each, i) => (i === at ? { ...each, model } : each));
}

/** Right answers of both. */
export function scoresOf(
  given: readonly Given[],
  questions: readonly Question[],
): { readonly mine: number; readonly models: number } {
  const mine = given.filter((answer, i) => answer.mine === questions[i]?.right).length;
  const models = given.filter(({ model }, i) => optionOf(model) === questions[i]?.right).length;
  return { mine, models };
}

/** undefined where the model has chosen none. */
export function optionOf(model: ModelAnswer): number | undefined {
  return model.kind === 'option' ? model.option : undefined;
}

/** Chosen by hand, so that the right answer does not depend on the model. */
const relations: Readonly<Record<string, string>> = {
  'an animal and its young': 'dog:puppy cat:kitten cow:calf sheep:lamb duck:duckling bear:cub horse:foal pig:piglet',
  opposites: 'hot:cold early:late deep:shallow noisy:quiet empty:full rough:smooth heavy:light wide:narrow',
  'a country and its capital':
    'France:Paris Japan:Tokyo Italy:Rome Egypt:Cairo Peru:Lima Kenya:Nairobi Norway:Oslo Spain:Madrid',
  'a maker and the work':
    'author:novel baker:bread composer:symphony painter:portrait tailor:suit poet:poem architect:building',
  'a worker and the tool':
    'carpenter:hammer painter:brush surgeon:scalpel farmer:plough chef:knife gardener:spade tailor:needle',
  'a worker and the place of work':
    'teacher:school doctor:hospital judge:court chef:kitchen actor:theatre librarian:library farmer:field',
  'a part and the whole': 'finger:hand petal:flower wheel:car page:book key:piano branch:tree wing:bird',
  'one and many together': 'wolf:pack bird:flock fish:school bee:swarm player:team soldier:army singer:choir',
  'a kind and what it is a kind of':
    'rose:flower oak:tree trout:fish hammer:tool violin:instrument salmon:fish carrot:vegetable',
  'more of the same': 'warm:hot cool:cold big:enormous tired:exhausted hungry:starving good:excellent sad:miserable',
  'a thing and what it is made of':
    'bottle:glass bread:flour shirt:cotton ring:gold candle:wax tyre:rubber window:glass',
  'a cause and its effect':
    'fire:smoke rain:flood joke:laughter virus:illness effort:success exercise:fitness spark:fire',
  'a thing and its colour': 'grass:green blood:red snow:white coal:black lemon:yellow sky:blue banana:yellow',
  'an animal and its sound': 'dog:bark cat:meow lion:roar snake:hiss sheep:bleat cow:moo frog:croak',
  'an animal and its home': 'bird:nest bee:hive spider:web bear:den rabbit:burrow horse:stable ant:hill',
  'now and then': 'go:went see:saw eat:ate write:wrote sing:sang run:ran take:took',
  'one and several': 'mouse:mice child:children foot:feet leaf:leaves goose:geese tooth:teeth man:men',
  'a verb and its doer': 'teach:teacher sing:singer bake:baker write:writer paint:painter drive:driver dance:dancer',
  'a country and its language':
    'France:French Japan:Japanese Greece:Greek Turkey:Turkish Poland:Polish Sweden:Swedish Russia:Russian',
  'a tool and what it does': 'knife:cut pen:write broom:sweep oven:bake camera:photograph needle:sew scale:weigh',
};

const groups = Object.entries(relations).map(([name, text]) => ({
  name,
  pairs: text.split(' ').map((pair) => pair.split(':') as unknown as Pair),
}));

/** Names of relations that a pair of the other may stand in as well: they are never asked together. */
const alike: readonly (readonly [string, string])[] = [
  ['a worker and the tool', 'a maker and the work'],
  ['a part and the whole', 'one and many together'],
  ['opposites', 'more of the same'],
  ['a part and the whole', 'a thing and what it is made of'],
];

function areAlike(a: string, b: string): boolean {
  return alike.some((names) => names.includes(a) && names.includes(b));
}

/** The questions of a game: the same for the same seed. */
export function questionsOf(kind: GameKind, seed: string): Question[] {
  const random = randomOf(`${kind} ${seed}`);
  const order = shuffled(groups, random);
  return Array.from({ length: rounds }, (_, round): Question => {
    const group = order[round % order.length] as (typeof groups)[number];
    const own = shuffled(group.pairs, random);
    const others = shuffled(
      groups.filter(({ name }) => name !== group.name && !areAlike(name, group.name)),
      random,
    ).slice(0, 3);
    const foreign = others.map(({ pairs }) => shuffled(pairs, random)[0] as Pair);
    const [answer, options] =
      kind === 'analogy'
        ? [own[1] as Pair, [own[1] as Pair, ...foreign]]
        : [foreign[0] as Pair, [foreign[0] as Pair, ...own.slice(0, 3)]];
    const mixed = shuffled(options, random);
    return {
      stem: kind === 'analogy' ? own[0] : undefined,
      options: mixed,
      right: mixed.indexOf(answer),
      relation: group.name,
      oddRelation: kind === 'odd' ? others[0]?.name : undefined,
    };
  });
}

/** Letters that read well aloud. */
export function newSeed(): string {
  return Array.from({ length: 5 }, () => 'abcdefghkmnprstuvwxyz'[Math.floor(Math.random() * 21)]).join('');
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
  }
  return mixed;
}

/** Numbers in 0 … 1 from a text: xorshift over an FNV-1a hash. */
function randomOf(seed: string): () => number {
  let state = 2166136261;
  for (const letter of seed) state = Math.imul(state ^ (letter.codePointAt(0) as number), 16777619);
  state = state >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) next();
  return next;
}
