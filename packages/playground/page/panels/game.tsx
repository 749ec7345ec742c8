/** A word game for a class, against the model. */
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { EngineContext, messageOf, type RemoteEngine } from '../engine/client.ts';
import {
  type GameKind,
  type Given,
  newSeed,
  optionOf,
  type Question,
  questionsOf,
  rounds,
  scoresOf,
  withMine,
  withModel,
} from '../game.ts';
import { CopyLink, ModelNotice, PairText, PanelHead } from '../parts.tsx';
import { hashOf, keepInAddress, type Route } from '../route.ts';

const kinds: readonly { readonly kind: GameKind; readonly name: string }[] = [
  { kind: 'analogy', name: 'Complete the analogy' },
  { kind: 'odd', name: 'Find the odd pair out' },
];

export function GamePanel({ params }: Pick<Route, 'params'>) {
  const kind: GameKind = params.get('kind') === 'odd' ? 'odd' : 'analogy';
  const [seed] = useState(() => (params.get('seed') ?? '').slice(0, 20) || newSeed());
  const beat = /^\d+$/.test(params.get('beat') ?? '') ? Number(params.get('beat')) : undefined;
  const [questions] = useState(() => questionsOf(kind, seed));
  const [given, setGiven] = useState<readonly Given[]>([]);
  const [round, setRound] = useState(0);
  const engine = useContext(EngineContext);
  const heading = useRef<HTMLHeadingElement>(null);
  const question = questions[round];
  const answered = given[round];
  const { mine, models } = scoresOf(given, questions);
  useEffect(() => keepInAddress('game', { kind, seed, beat: beat?.toString() }), []);
  const finished = round === rounds;
  useEffect(() => {
    if (finished) keepInAddress('game', { kind, seed, beat: String(mine) });
    if (round > 0) heading.current?.focus();
  }, [round]);
  const answer = async (option: number): Promise<void> => {
    if (answered || !question || engine.kind !== 'ready') return;
    const at = round;
    setGiven((all) => withMine(all, at, option));
    try {
      const chosen = await modelAnswer(engine.engine, question);
      setGiven((all) => withModel(all, at, { kind: 'option', option: chosen }));
    } catch (cause) {
      setGiven((all) => withModel(all, at, { kind: 'failed', message: messageOf(cause) }));
    }
  };
  return (
    <>
      <PanelHead title="Word game">
        Play {rounds} rounds against the model: everybody with the same link gets the same questions. Complete the
        analogy, or find the pair whose relation is not like the others.
      </PanelHead>
      <nav class="examples" aria-label="Games">
        <span>Play</span>
        <ul>
          {kinds.map((each) => (
            <li key={each.kind}>
              <a
                href={hashOf('game', { kind: each.kind, seed: newSeed() })}
                aria-current={each.kind === kind ? 'true' : undefined}
              >
                {each.name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <section class="box game" aria-label="Game">
        <ModelNotice />
        {beat !== undefined && !finished && round === 0 && (
          <p class="hint">
            Somebody scored {beat} of {rounds} on these questions. Can you beat that?
          </p>
        )}
        <div class="scores" role="status">
          <span>
            You <b>{mine}</b>
          </span>
          <span>
            Model <b>{models}</b>
          </span>
          <span class="round">{finished ? 'Finished' : `Question ${round + 1} of ${rounds}`}</span>
        </div>
        {question ? (
          <>
            <h3 ref={heading} tabIndex={-1} class="question">
              {question.stem ? (
                <>
                  <PairText pair={question.stem} /> is like …
                </>
              ) : (
                'Which pair is related in another way than the rest?'
              )}
            </h3>
            <ol class="options">
              {question.options.map((pair, i) => (
                <li key={i}>
                  <button
                    type="button"
                    class={optionClass(answered, question, i)}
                    aria-disabled={answered !== undefined || engine.kind !== 'ready'}
                    onClick={() => answer(i)}
                  >
                    <PairText pair={pair} />
                    <span class="marks">{marks(answered, question, i)}</span>
                  </button>
                </li>
              ))}
            </ol>
            {answered && (
              <div class="verdict" role="status">
                <p>
                  <b>{answered.mine === question.right ? 'Right.' : 'Not quite.'}</b> {explain(question)}{' '}
                  {modelText(answered, question)}
                </p>
                <button type="button" class="primary" onClick={() => setRound(round + 1)}>
                  {round + 1 < rounds ? 'Next question' : 'See the result'}
                </button>
              </div>
            )}
          </>
        ) : (
          <Finish
            {...{ mine, models, kind, heading }}
            thinking={given.some(({ model }) => model.kind === 'thinking')}
          />
        )}
        {answered?.model.kind === 'failed' && <p class="notice">{answered.model.message}</p>}
      </section>
    </>
  );
}

interface FinishProps {
  readonly mine: number;
  readonly models: number;
  /** The model has not answered all questions yet. */
  readonly thinking: boolean;
  readonly kind: GameKind;
  readonly heading: { readonly current: HTMLHeadingElement | null };
}

function Finish({ mine, models, thinking, kind, heading }: FinishProps) {
  const result =
    mine > models ? 'You beat the model.' : mine === models ? 'A draw.' : 'The model was better this time.';
  const verdict = thinking ? 'The model is still thinking.' : result;
  return (
    <>
      <h3 ref={heading} tabIndex={-1} class="question">
        {mine} of {rounds} for you, {models} for the model. {verdict}
      </h3>
      <p>Send the link to others: they get the same questions, and your score to beat.</p>
      <div class="row">
        <a class="button" href={hashOf('game', { kind, seed: newSeed() })}>
          Play again
        </a>
        <CopyLink
          text="Copy the link with my score"
          message={`I scored ${mine} of ${rounds} in the word game${thinking ? '' : `; the model scored ${models}`}.`}
        />
      </div>
    </>
  );
}

/** The nearest option to the stem, or the option that is farthest from the others. */
async function modelAnswer(engine: RemoteEngine, { stem, options }: Question): Promise<number> {
  const pairs = stem ? [stem, ...options] : options;
  const cosines = await engine.similarities(pairs);
  const likeness = stem
    ? (cosines[0] as number[]).slice(1)
    : cosines.map((row) => row.reduce((sum, cosine) => sum + cosine, 0));
  return likeness.indexOf(stem ? Math.max(...likeness) : Math.min(...likeness));
}

function explain({ stem, relation, oddRelation }: Question): string {
  return stem ? `Both are ${relation}.` : `The others are ${relation}; the odd pair is ${oddRelation}.`;
}

function modelText({ mine, model }: Given, { right }: Question): string {
  if (model.kind === 'thinking') return 'The model is thinking.';
  if (model.kind === 'failed') return 'The model gave no answer.';
  if (model.option !== right) return 'The model got it wrong.';
  return mine === right ? 'The model got it, too.' : 'The model got it right.';
}

function optionClass(answered: Given | undefined, { right }: Question, option: number): string {
  if (!answered) return 'option';
  return `option ${option === right ? 'right' : option === answered.mine ? 'wrong' : ''}`;
}

function marks(answered: Given | undefined, { right }: Question, option: number): string {
  if (!answered) return '';
  const marked = [
    option === answered.mine && 'you',
    option === optionOf(answered.model) && 'model',
    option === right && 'right answer',
  ];
  return marked.filter((mark) => mark !== false).join(' · ');
}
