/** The pairs of the index whose relation is most like that of a given pair. */
import { useEffect, useState } from 'preact/hooks';
import { useAnswer } from '../engine/client.ts';
import { usePageIndex } from '../engine/page-index.ts';
import type { Neighbour } from '../engine/page-pairs.ts';
import { kindOf } from '../kinds.ts';
import { isComplete, type Pair, pairText, parsePair, trimmed } from '../pair.ts';
import { Bar, CopyLink, Examples, IndexNotice, ModelNotice, PairFields, PairText, PanelHead } from '../parts.tsx';
import { hashOf, keepInAddress, type Route } from '../route.ts';

const examples = [
  ['barista:coffee', 'Who makes what'],
  ['Kyoto:Japan', 'A city and its country'],
  ['lion:mane', 'An animal and its part'],
  ['generous:stingy', 'Opposites'],
  ['bake:baker', 'A verb and its doer'],
  ['mitten:hand', 'What is worn where'],
].map(([pair = '', name = '']) => ({ name, href: hashOf('neighbours', { pair }) }));

const mostShown = 15;

export function NeighboursPanel({ params }: Pick<Route, 'params'>) {
  const [pair, setPair] = useState<Pair>(() => parsePair(params.get('pair') ?? 'barista:coffee'));
  const [distinctWords, setDistinctWords] = useState(params.get('shared') !== 'yes');
  const index = usePageIndex();
  const asked = trimmed(pair);
  const key = index.kind === 'ready' && isComplete(pair) ? JSON.stringify([asked, distinctWords]) : undefined;
  const answer = useAnswer(key, (engine) => engine.neighbours(asked, { top: mostShown, distinctWords }));
  const text = pairText(pair);
  useEffect(
    () => keepInAddress('neighbours', { pair: text, shared: distinctWords ? undefined : 'yes' }),
    [text, distinctWords],
  );
  return (
    <>
      <PanelHead title="Neighbours">
        Type a pair of words and see which pairs stand in the most similar relation. Pairs that share a word with yours
        come out on top all too easily, so they are left out unless you ask for them.
      </PanelHead>
      <Examples examples={examples} />
      <div class="columns">
        <form class="box" onSubmit={(event) => event.preventDefault()}>
          <h3>Pairs like this one</h3>
          <PairFields legend="Pair" pair={pair} onChange={setPair} />
          <label class="check">
            <input
              type="checkbox"
              checked={!distinctWords}
              onChange={(event) => setDistinctWords(!event.currentTarget.checked)}
            />
            Show pairs that share a word
          </label>
          <div class="row">
            {isComplete(asked) && (
              <a class="button" href={hashOf('map', { own: pairText(asked) })}>
                Show it on the map
              </a>
            )}
            <CopyLink />
          </div>
          {index.kind === 'ready' && (
            <p class="hint">{index.pairs.toLocaleString('en')} pairs are searched, in your browser.</p>
          )}
        </form>
        <section class="result" aria-label="Neighbours" aria-busy={answer.busy}>
          <ModelNotice />
          <IndexNotice state={index} />
          {!isComplete(pair) && <p class="notice">The pair needs two words: one field is empty.</p>}
          {answer.error && <p class="notice">{answer.error}</p>}
          {answer.value && isComplete(pair) && <NeighbourList neighbours={answer.value} />}
        </section>
      </div>
    </>
  );
}

function NeighbourList({ neighbours }: { readonly neighbours: readonly Neighbour[] }) {
  return (
    <ol class="ranking">
      {neighbours.map(({ pair, score, relation }, i) => (
        <li key={pairText(pair)}>
          <span>
            <a class="plain" href={hashOf('neighbours', { pair: pairText(pair) })}>
              <PairText pair={pair} />
            </a>
            <span class="relation">{kindOf(relation)?.name}</span>
          </span>
          <Bar score={score} label="cosine" best={i === 0} />
        </li>
      ))}
    </ol>
  );
}
