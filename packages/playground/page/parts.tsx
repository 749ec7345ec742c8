/** What several panels show alike. */
import type { ComponentChildren } from 'preact';
import { useContext, useId, useState } from 'preact/hooks';
import { EngineContext } from './engine/client.ts';
import type { IndexState } from './engine/page-index.ts';
import type { Pair } from './pair.ts';

export function PairText({ pair: [head, tail] }: { readonly pair: Pair }) {
  return (
    <span class="pair">
      <span class="word">{head}</span>{' '}
      <span class="to" aria-hidden="true">
        →
      </span>
      <span class="visually-hidden">to</span> <span class="word">{tail}</span>
    </span>
  );
}

interface PairFieldsProps {
  readonly legend: string;
  readonly pair: Pair;
  readonly onChange: (pair: Pair) => void;
  readonly children?: ComponentChildren;
}

/** Two fields for the words of a pair. */
export function PairFields({ legend, pair: [head, tail], onChange, children }: PairFieldsProps) {
  return (
    <fieldset class="pair-fields">
      <legend class="visually-hidden">{legend}</legend>
      <WordField label={`${legend}: first word`} value={head} onChange={(value) => onChange([value, tail])} />
      <span class="to" aria-hidden="true">
        →
      </span>
      <WordField label={`${legend}: second word`} value={tail} onChange={(value) => onChange([head, value])} />
      {children}
    </fieldset>
  );
}

interface WordFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function WordField({ label, value, onChange }: WordFieldProps) {
  return (
    <input
      type="text"
      aria-label={label}
      value={value}
      maxLength={60}
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** −1 … 1 as a bar from the left; what is below 0 has none. */
export function Bar({
  score,
  label,
  best = false,
}: {
  readonly score: number;
  readonly label: string;
  readonly best?: boolean;
}) {
  return (
    <div class={`bar ${best ? 'best' : ''}`}>
      <div class="bar-fill" style={{ width: `${100 * Math.min(1, Math.max(0, score))}%` }} />
      <span class="score">
        <span class="visually-hidden">{label} </span>
        {score.toFixed(2)}
      </span>
    </div>
  );
}

export interface Example {
  readonly name: string;
  readonly href: string;
}

export function Examples({ examples }: { readonly examples: readonly Example[] }) {
  const id = useId();
  return (
    <nav class="examples" aria-labelledby={id}>
      <span id={id}>Try</span>
      <ul>
        {examples.map(({ name, href }) => (
          <li key={href}>
            <a href={href}>{name}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Heading, two sentences, and a link to what is shown. */
export function PanelHead({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <header class="panel-head">
      <h2 id="panel-title" tabIndex={-1}>
        {title}
      </h2>
      <p class="lead">{children}</p>
    </header>
  );
}

export function CopyLink({ text = 'Copy link', message }: { readonly text?: string; readonly message?: string }) {
  const [done, setDone] = useState('');
  const copy = async (): Promise<void> => {
    const content = message === undefined ? location.href : `${message} ${location.href}`;
    try {
      await navigator.clipboard.writeText(content);
      setDone('Copied');
    } catch {
      setDone(`Copy it from the address line: ${content}`);
    }
    setTimeout(() => setDone(''), 4000);
  };
  return (
    <span class="copy">
      <button type="button" class="quiet" onClick={copy}>
        {text}
      </button>
      <span role="status">{done}</span>
    </span>
  );
}

/** Why there is no result yet; nothing where the model is there. */
export function ModelNotice() {
  const engine = useContext(EngineContext);
  if (engine.kind === 'ready') return null;
  if (engine.kind === 'failed') return <p class="notice">The result needs the model, which is not there. See above.</p>;
  return <p class="notice">The result appears here as soon as the model is loaded.</p>;
}

export function IndexNotice({ state }: { readonly state: IndexState }) {
  if (state.kind === 'ready') return null;
  if (state.kind === 'failed') return <p class="notice">No pairs to show: {state.message}.</p>;
  return (
    <div class="notice" role="status">
      {state.text}
      {state.share !== undefined && (
        <progress aria-label={state.text} value={state.share}>
          {Math.round(100 * state.share)} %
        </progress>
      )}
    </div>
  );
}
