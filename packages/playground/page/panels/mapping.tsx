/** Relation mapping: which term of one world plays the part of which term of another? */
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { EngineContext, messageOf, type RemoteEngine } from '../engine/client.ts';
import { Bar, CopyLink, Examples, ModelNotice, PanelHead, WordField } from '../parts.tsx';
import { hashOf, keepInAddress, type Route } from '../route.ts';

/** The targets stand in another order than the sources; `answer` is what people say (the first two: Turney, 2008). */
const problems = [
  {
    name: 'Solar system and atom',
    source: ['solar system', 'sun', 'planet', 'mass', 'attracts', 'revolves', 'gravity'],
    target: ['electron', 'revolves', 'charge', 'atom', 'electromagnetism', 'nucleus', 'attracts'],
    answer: ['atom', 'nucleus', 'electron', 'charge', 'attracts', 'revolves', 'electromagnetism'],
  },
  {
    name: 'Water and heat',
    source: ['water', 'flows', 'pressure', 'bucket', 'filling', 'emptying'],
    target: ['cooling', 'heat', 'heating', 'transfers', 'kettle', 'temperature'],
    answer: ['heat', 'transfers', 'temperature', 'kettle', 'heating', 'cooling'],
  },
  {
    name: 'Kitchen and workshop',
    source: ['cook', 'kitchen', 'knife', 'meal', 'cooking'],
    target: ['table', 'building', 'carpenter', 'workshop', 'saw'],
    answer: ['carpenter', 'workshop', 'saw', 'table', 'building'],
  },
  {
    name: 'Countries',
    source: ['Japan', 'Tokyo', 'Japanese', 'yen'],
    target: ['pound', 'London', 'British', 'Britain'],
    answer: ['Britain', 'London', 'British', 'pound'],
  },
];
const examples = problems.map(({ name, source, target }) => ({ name, href: hashOf('mapping', { source, target }) }));
const fewestTerms = 2;
const mostTerms = 8;
/** Between two steps of the solution, in milliseconds. */
const pace = 700;

export function MappingPanel({ params }: Pick<Route, 'params'>) {
  const [source, setSource] = useState<readonly string[]>(() => termsOf(params, 'source'));
  const [target, setTarget] = useState<readonly string[]>(() => termsOf(params, 'target'));
  const [solving, setSolving] = useState<Solving>({ kind: 'idle' });
  const engine = useContext(EngineContext);
  const run = useRef(0);
  useEffect(() => {
    keepInAddress('mapping', { source, target });
    run.current++;
    setSolving({ kind: 'idle' });
  }, [source, target]);
  useEffect(() => () => void run.current++, []);
  const problem = problemOf(source, target);
  const solve = async (): Promise<void> => {
    if (engine.kind !== 'ready' || problem) return;
    const mine = ++run.current;
    setSolving({ kind: 'busy' });
    try {
      for await (const step of steps(engine.engine, source.map(trim), target.map(trim))) {
        if (mine !== run.current) return;
        setSolving(step);
        if (step.kind === 'step') await new Promise((resolve) => setTimeout(resolve, reducedMotion() ? 0 : pace));
      }
    } catch (error) {
      if (mine === run.current) setSolving({ kind: 'failed', message: messageOf(error) });
    }
  };
  const order = solving.kind === 'step' || solving.kind === 'solved' ? solving.order : target;
  const resize = (count: number) => {
    const sized = (terms: readonly string[]) => Array.from({ length: count }, (_, i) => terms[i] ?? '');
    setSource(sized(source));
    setTarget(sized(target));
  };
  return (
    <>
      <PanelHead title="Mapping">
        An atom is like a solar system: the nucleus plays the part of the sun. Give the terms of two worlds, and the
        model finds who plays whose part, by comparing every relation of one world with every relation of the other.
      </PanelHead>
      <Examples examples={examples} />
      <form class="box mapping" onSubmit={(event) => event.preventDefault()}>
        <div class="mapping-grid" style={{ '--rows': source.length }}>
          <div class="terms">
            <h3>One world</h3>
            {source.map((term, i) => (
              <WordField
                key={i}
                label={`Term ${i + 1} of the first world`}
                value={term}
                onChange={(value) => setSource(source.map((each, at) => (at === i ? value : each)))}
              />
            ))}
          </div>
          <Lines target={target} order={order} solved={solving.kind === 'solved'} />
          <div class="terms">
            <h3>The other, in any order</h3>
            {target.map((term, i) => (
              <WordField
                key={i}
                label={`Term ${i + 1} of the second world`}
                value={term}
                onChange={(value) => setTarget(target.map((each, at) => (at === i ? value : each)))}
              />
            ))}
          </div>
        </div>
        <div class="row">
          <button
            type="button"
            class="primary"
            disabled={
              engine.kind !== 'ready' || problem !== undefined || solving.kind === 'busy' || solving.kind === 'step'
            }
            onClick={solve}
          >
            Solve it
          </button>
          <button type="button" disabled={source.length >= mostTerms} onClick={() => resize(source.length + 1)}>
            Add a term
          </button>
          <button type="button" disabled={source.length <= fewestTerms} onClick={() => resize(source.length - 1)}>
            Remove the last
          </button>
          <CopyLink />
        </div>
        <ModelNotice />
        {problem && <p class="notice">{problem}</p>}
      </form>
      <section class="result mapping-result" aria-label="Solution" aria-live="polite">
        <SolvingReport solving={solving} source={source} />
      </section>
    </>
  );
}

type Solving =
  | { readonly kind: 'idle' | 'busy' }
  | { readonly kind: 'step'; readonly order: readonly string[]; readonly score: number; readonly text: string }
  | {
      readonly kind: 'solved';
      readonly order: readonly string[];
      readonly score: number;
      readonly nodes: number;
      readonly optimal: boolean;
      readonly compared: number;
    }
  | { readonly kind: 'failed'; readonly message: string };

/** From the order as given to the solution, a swap at a time, each with its score. */
async function* steps(
  engine: RemoteEngine,
  source: readonly string[],
  target: readonly string[],
): AsyncGenerator<Solving> {
  const { mapping, score, nodes, optimal, givenScore } = await engine.solve(source, target);
  const order = [...target];
  yield { kind: 'step', order: [...order], score: givenScore, text: 'As given' };
  for (const [i, right] of mapping.entries()) {
    if (order[i] === right) continue;
    const from = order.indexOf(right);
    order[from] = order[i] as string;
    order[i] = right;
    const { givenScore: now } = await engine.solve(source, order);
    yield { kind: 'step', order: [...order], score: now, text: `${source[i]} is to be ${right}` };
  }
  const relations = source.length * (source.length - 1);
  yield { kind: 'solved', order: mapping, score, nodes, optimal, compared: relations * relations };
}

function SolvingReport({ solving, source }: { readonly solving: Solving; readonly source: readonly string[] }) {
  switch (solving.kind) {
    case 'idle':
      return null;
    case 'busy':
      return <p class="hint">Embedding {2 * source.length * (source.length - 1)} pairs of terms …</p>;
    case 'failed':
      return <p class="notice">{solving.message}</p>;
    case 'step':
      return (
        <div class="coherence">
          <p>
            {solving.text}: the relations of both worlds agree by <b>{solving.score.toFixed(2)}</b>
          </p>
          <Bar score={solving.score} label="agreement" />
        </div>
      );
    case 'solved':
      return (
        <div class="coherence">
          <h3>Solved</h3>
          <Bar score={solving.score} label="agreement" best />
          <Agreement source={source} order={solving.order} />
          <ul class="solution">
            {source.map((term, i) => (
              <li key={i}>
                <span class="word">{term}</span> <span aria-hidden="true">↔</span>
                <span class="visually-hidden">is</span> <span class="word">{solving.order[i]}</span>
              </li>
            ))}
          </ul>
          <p class="hint">
            {solving.compared.toLocaleString('en')} comparisons of relations, and {solving.nodes.toLocaleString('en')}{' '}
            partial mappings looked at.{' '}
            {solving.optimal
              ? 'It is proven that no other mapping agrees more.'
              : 'The search was ended early: a better one may exist.'}{' '}
            The model sees the words only, so the mapping that agrees most need not be the one that you would choose.
          </p>
        </div>
      );
  }
}

/** What people say, where that is known. */
function Agreement({ source, order }: { readonly source: readonly string[]; readonly order: readonly string[] }) {
  const problem = problems.find((each) => each.source.join() === source.join());
  if (!problem || [...problem.answer].sort().join() !== [...order].sort().join()) return null;
  const other = problem.source.flatMap((term, i) =>
    problem.answer[i] === order[i] ? [] : [`${term} ↔ ${problem.answer[i]}`],
  );
  const same = source.length - other.length;
  if (other.length === 0) return <p>The model agrees with people on all {source.length} terms.</p>;
  return (
    <p>
      The model agrees with people on {same} of {source.length} terms. They say {other.join(', ')}.
    </p>
  );
}

/** A line from each source term to its target term. */
function Lines({
  target,
  order,
  solved,
}: {
  readonly target: readonly string[];
  readonly order: readonly string[];
  readonly solved: boolean;
}) {
  const at = (row: number): number => ((row + 0.5) / target.length) * 100;
  return (
    <svg class={`lines ${solved ? 'solved' : ''}`} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      {target.map((_, i) => (
        <line
          key={i}
          x1="0"
          y1={at(i)}
          x2="100"
          style={{ '--y': 0 }}
          y2={at(Math.max(0, target.map(trim).indexOf(trim(order[i] ?? ''))))}
        />
      ))}
    </svg>
  );
}

function termsOf(params: URLSearchParams, name: 'source' | 'target'): string[] {
  const given = params.getAll(name).slice(0, mostTerms);
  return given.length >= fewestTerms ? given : [...(problems[0]?.[name] ?? [])];
}

function problemOf(source: readonly string[], target: readonly string[]): string | undefined {
  if (source.length !== target.length) return 'Both worlds need as many terms.';
  for (const [name, side] of [
    ['first', source.map(trim)],
    ['second', target.map(trim)],
  ] as const) {
    if (side.includes('')) return `The ${name} world has an empty term.`;
    const twice = side.find((term, i) => side.indexOf(term) < i);
    if (twice !== undefined) return `The ${name} world has “${twice}” twice.`;
  }
  return undefined;
}

function trim(term: string): string {
  return term.trim();
}

function reducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
