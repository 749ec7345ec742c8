/** What the model reads, and what it makes of it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PromptToken } from 'relbert';
import { useAnswer } from '../engine/client.ts';
import type { Seen } from '../engine/engine.ts';
import { isComplete, type Pair, pairText, parsePair, trimmed } from '../pair.ts';
import { CopyLink, Examples, ModelNotice, PairFields, PairText, PanelHead } from '../parts.tsx';
import { hashOf, keepInAddress, type Route } from '../route.ts';

const examples = ['Tokyo:Japan', 'photosynthesis:chlorophyll', 'hot:cold', 'cold:hot', 'ice cream:summer'].map(
  (pair) => ({ name: parsePair(pair).join(' → '), href: hashOf('inside', { pair }) }),
);

export function InsidePanel({ params }: Pick<Route, 'params'>) {
  const [pair, setPair] = useState<Pair>(() => parsePair(params.get('pair') ?? 'photosynthesis:chlorophyll'));
  const asked = trimmed(pair);
  const text = pairText(asked);
  const answer = useAnswer(isComplete(pair) ? text : undefined, (engine) => engine.see(asked));
  useEffect(() => keepInAddress('inside', { pair: pairText(pair) }), [pair]);
  return (
    <>
      <PanelHead title="What the model sees">
        The pair is written into a sentence, the prompt, and cut into tokens: words, or pieces of rare words. The model
        turns each token into numbers, and those of the marked tokens become the vector of the pair.
      </PanelHead>
      <Examples examples={examples} />
      <form class="box narrow" onSubmit={(event) => event.preventDefault()}>
        <PairFields legend="Pair" pair={pair} onChange={setPair} />
        <CopyLink />
      </form>
      <section class="result" aria-label="What the model sees" aria-busy={answer.busy}>
        <ModelNotice />
        {!isComplete(pair) && <p class="notice">The pair needs two words: one field is empty.</p>}
        {answer.error && <p class="notice">{answer.error}</p>}
        {answer.value && isComplete(pair) && <SeenPrompt pair={asked} seen={answer.value} />}
      </section>
    </>
  );
}

function SeenPrompt({ pair, seen }: { readonly pair: Pair; readonly seen: Seen }) {
  const [head, tail] = pair;
  const pooled = seen.tokens.filter((token) => weightOf(token) !== 0).length;
  return (
    <>
      <div class="step">
        <h3>1. The prompt</h3>
        <p class="prompt">
          {seen.prompt.split(/(<subj>|<obj>)/).map((part, i) =>
            part === '<subj>' || part === '<obj>' ? (
              <mark key={i} class={part === '<subj>' ? 'of-head' : 'of-tail'}>
                {part === '<subj>' ? head : tail}
              </mark>
            ) : (
              part
            ),
          )}
        </p>
      </div>
      <div class="step">
        <h3>2. The tokens</h3>
        <ol class="tokens">
          {seen.tokens.map((token, i) => (
            <Token key={i} token={token} />
          ))}
        </ol>
        <p class="hint">
          {seen.tokens.length} tokens, of which {pooled} count. <b>##</b> marks a piece that continues a word; [CLS] and
          [SEP] are the model's marks for beginning and end.
        </p>
      </div>
      <div class="step">
        <h3>3. The vector</h3>
        <p>{poolingText[seen.pooling] ?? `The pooling is ${seen.pooling}.`}</p>
        <Stripes vector={seen.vector} label={`The vector of ${head} and ${tail}`} />
        <p class="hint">
          All {seen.vector.length} numbers of <PairText pair={pair} />: teal is above zero, amber below. Turn the pair
          around and every stripe changes its colour, or nearly: direction matters.
        </p>
      </div>
    </>
  );
}

const poolingText: Readonly<Record<string, string>> = {
  difference:
    'The mean of the second word’s tokens minus the mean of the first word’s: the step that leads from one word to the other.',
  average_no_mask: 'The mean over all tokens but the mask.',
  average: 'The mean over all tokens.',
  mask: 'The numbers of the mask token.',
  cls: 'The numbers of the first token.',
  'average+difference':
    'Side by side: the mean over all tokens, and the mean of the second word’s tokens minus that of the first word’s. The weights above are those of the difference.',
};

function Token({ token }: { readonly token: PromptToken }) {
  const weight = weightOf(token);
  return (
    <li class={`token of-${token.of} ${weight === 0 ? '' : 'pooled'}`}>
      <span class="token-text">{token.text}</span>
      <span class="token-id">{token.id}</span>
      <span class="token-weight">
        {weight === 0 ? 'not counted' : `${weight > 0 ? '+' : '−'} ${fraction(Math.abs(weight))}`}
      </span>
    </li>
  );
}

/** Of several sums the last: that of the difference. */
function weightOf({ weights }: PromptToken): number {
  return weights.at(-1) ?? 0;
}

function fraction(value: number): string {
  const parts = Math.round(1 / value);
  return parts === 1 ? '1' : `1/${parts}`;
}

/** One stripe a number. */
function Stripes({ vector, label }: { readonly vector: Float32Array; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.canvas.width = vector.length;
    context.canvas.height = 1;
    const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    const pixels = context.createImageData(vector.length, 1);
    for (const [i, value] of vector.entries()) {
      const strength = Math.sqrt(Math.abs(value) / largest);
      pixels.data.set(value > 0 ? [23, 140, 130, 255 * strength] : [214, 120, 30, 255 * strength], 4 * i);
    }
    context.putImageData(pixels, 0, 0);
  }, [vector]);
  return <canvas class="stripes" ref={canvas} role="img" aria-label={label} />;
}
