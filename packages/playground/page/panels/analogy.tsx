/** Which pair stands in the same relation as the given one? */
import { useEffect, useState } from 'preact/hooks';
import { useAnswer } from '../engine/client.ts';
import type { Ranked } from '../engine/engine.ts';
import { usePageIndex } from '../engine/page-index.ts';
import { isComplete, type Pair, pairText, parsePair, sharedWords, trimmed } from '../pair.ts';
import { Bar, CopyLink, Examples, ModelNotice, PairFields, PairText, PanelHead } from '../parts.tsx';
import { hashOf, keepInAddress, type Route } from '../route.ts';

const defaults = {
  stem: 'word:language',
  choice: ['paint:portrait', 'poetry:rhythm', 'note:music', 'tale:story', 'week:year'],
};

const examples = [
  { name: 'A word and its language', ...defaults },
  {
    name: 'An animal and its young',
    stem: 'dog:puppy',
    choice: ['cat:kitten', 'dog:leash', 'bird:nest', 'horse:saddle', 'cow:calf'],
  },
  {
    name: 'A capital',
    stem: 'Tokyo:Japan',
    choice: ['Paris:France', 'Lyon:France', 'yen:Japan', 'Nile:Egypt', 'Ottawa:Canada'],
  },
  {
    name: 'Who uses which tool',
    stem: 'carpenter:hammer',
    choice: ['painter:brush', 'painter:picture', 'doctor:hospital', 'hammer:nail', 'surgeon:scalpel'],
  },
  {
    name: 'More and more',
    stem: 'warm:hot',
    choice: ['cool:cold', 'hot:cold', 'big:huge', 'warm:coat', 'small:big'],
  },
].map(({ name, stem, choice }) => ({ name, href: hashOf('analogy', { stem, choice }) }));

const mostChoices = 12;

export function AnalogyPanel({ params }: Pick<Route, 'params'>) {
  const [stem, setStem] = useState<Pair>(() => parsePair(params.get('stem') ?? defaults.stem));
  const [choices, setChoices] = useState<readonly Pair[]>(() => {
    const given = params.getAll('choice');
    return (given.length > 0 ? given.slice(0, mostChoices) : defaults.choice).map(parsePair);
  });
  const asked = choices.filter(isComplete).map(trimmed);
  const key = isComplete(stem) && asked.length > 0 ? [stem, ...asked].map(pairText).join('\n') : undefined;
  const answer = useAnswer(key, async (engine) => ({ stem, ranking: await engine.rank(trimmed(stem), asked) }));
  useEffect(
    () => keepInAddress('analogy', { stem: pairText(stem), choice: choices.map(pairText) }),
    [pairText(stem), choices],
  );
  const change = (at: number, pair: Pair) => setChoices(choices.map((each, i) => (i === at ? pair : each)));
  return (
    <>
      <PanelHead title="Analogy">
        Type a pair of words, and some pairs that may be related in the same way. The model ranks them by how alike it
        finds the two relations, not the words.
      </PanelHead>
      <Examples examples={examples} />
      <div class="columns">
        <form class="box" onSubmit={(event) => event.preventDefault()}>
          <h3>This pair</h3>
          <PairFields legend="Given pair" pair={stem} onChange={setStem} />
          <h3>is like which of these?</h3>
          <ol class="choice-list">
            {choices.map((pair, i) => (
              <li key={i}>
                <PairFields legend={`Choice ${i + 1}`} pair={pair} onChange={(changed) => change(i, changed)}>
                  <button
                    type="button"
                    class="icon"
                    aria-label={`Remove choice ${i + 1}`}
                    onClick={() => setChoices(choices.filter((_, at) => at !== i))}
                  >
                    ×
                  </button>
                </PairFields>
              </li>
            ))}
          </ol>
          <div class="row">
            <button
              type="button"
              disabled={choices.length >= mostChoices}
              onClick={() => setChoices([...choices, ['', '']])}
            >
              Add a pair
            </button>
            <CopyLink />
          </div>
        </form>
        <section class="result" aria-label="Ranking" aria-busy={answer.busy}>
          <ModelNotice />
          {!isComplete(stem) && <p class="notice">The given pair needs two words: one field is empty.</p>}
          {isComplete(stem) && asked.length === 0 && <p class="notice">Add at least one pair with two words.</p>}
          {asked.length > 0 && asked.length < choices.length && (
            <p class="hint">Pairs with an empty field are left out.</p>
          )}
          {answer.error && <p class="notice">{answer.error}</p>}
          {answer.value && <Ranking {...answer.value} />}
        </section>
      </div>
    </>
  );
}

function Ranking({ stem, ranking }: { readonly stem: Pair; readonly ranking: readonly Ranked[] }) {
  return (
    <>
      <h3>
        <PairText pair={stem} /> is most like
      </h3>
      <ol class="ranking">
        {ranking.map(({ pair, score }, i) => (
          <li key={`${pairText(pair)} ${i}`} class={i === 0 ? 'best' : ''}>
            <PairText pair={pair} />
            <Bar score={score} label="score" best={i === 0} />
          </li>
        ))}
      </ol>
      <Why stem={stem} ranking={ranking} />
    </>
  );
}

/** The reasons in words: how clear the answer is, shared words, and what known pairs lie near. */
function Why({ stem, ranking }: { readonly stem: Pair; readonly ranking: readonly Ranked[] }) {
  const index = usePageIndex(false);
  const [first, second] = ranking as readonly [Ranked, Ranked | undefined];
  const key = index.kind === 'ready' ? [stem, first.pair].map(pairText).join('\n') : undefined;
  const kinds = useAnswer(key, (engine) => Promise.all([engine.kindsNear(stem), engine.kindsNear(first.pair)]));
  const shared = ranking.filter(({ pair }) => sharedWords(pair, stem).length > 0);
  const discounted = shared.filter(({ score, cosine }) => score !== cosine);
  return (
    <div class="why">
      <h4>Why?</h4>
      <p>
        Each pair is a point, and the score is the cosine of the angle between two of them: 1 is the same relation, 0 no
        likeness. {clarity(first, second)}
      </p>
      {shared.length > 0 && (
        <p>
          {shared.map(({ pair }) => pairText(pair)).join(', ')} {shared.length === 1 ? 'shares' : 'share'} a word with
          the given pair. That pulls a cosine up, whatever the relation
          {discounted.map(({ pair, score, cosine }, i) => (
            <span key={pairText(pair)}>
              {i === 0 ? ', so some of it is taken off: ' : ', '}
              {pairText(pair)} has {cosine.toFixed(2)} and scores {score.toFixed(2)}
            </span>
          ))}
          .
        </p>
      )}
      {kinds.value && (
        <p>
          {[stem, first.pair].map((pair, i) => (
            <span key={i}>
              <PairText pair={pair} /> lies among pairs of the kind {kindList(kinds.value?.[i] ?? [])}.{' '}
            </span>
          ))}
        </p>
      )}
    </div>
  );
}

function clarity(first: Ranked, second: Ranked | undefined): string {
  if (!second) return '';
  const gap = first.score - second.score;
  if (first.score < 0.3) return 'Here no pair is much like the given one.';
  if (gap < 0.03) return `The first two are nearly level (${gap.toFixed(2)} apart): the model is not sure.`;
  return `The best is ${gap.toFixed(2)} ahead of the next.`;
}

function kindList(kinds: readonly { readonly kind: string; readonly share: number; readonly example: Pair }[]): string {
  return kinds
    .slice(0, 2)
    .map(({ kind, share, example }) => `“${kind}” (${Math.round(100 * share)} %, such as ${example.join(' → ')})`)
    .join(' and ');
}
