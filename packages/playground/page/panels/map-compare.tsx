/** Two groups of points, and how alike the pairs are inside them and between them. */
import { useAnswer } from '../engine/client.ts';
import { kinds } from '../kinds.ts';
import { comparedPoints, comparisonKey, type Groups } from '../map/groups.ts';
import { countsOf, mostKinds } from '../map/kind-counts.ts';
import type { Points } from '../map/points.ts';

interface CompareProps {
  readonly points: Points;
  readonly groups: Groups;
  readonly ready: boolean;
  readonly onGroup: (place: number, points: readonly number[]) => void;
}

export function Compare({ points, groups, ready, onGroup }: CompareProps) {
  const key = comparisonKey(groups);
  const answer = useAnswer(ready ? key : undefined, (engine) => {
    const [a, b] = groups;
    const pairsOf = (group: readonly number[]) => comparedPoints(group).map((i) => points.pair(i));
    return engine.compare(pairsOf(a), pairsOf(b));
  });
  const choose = (place: number, kind: number): void => {
    const chosen: number[] = [];
    for (let i = 0; i < points.count; i++) if (points.kind[i] === kind) chosen.push(i);
    onGroup(place, chosen);
  };
  return (
    <section class="compare" aria-label="Comparison">
      <h3>Compare two groups</h3>
      <p class="hint">
        Draw around one group with the lasso, then around another; the next line begins anew. Or choose relations here.
      </p>
      <div class="group-columns">
        {groups.map((group, i) => (
          <div key={i} class={`group group-${i}`}>
            <label>
              Group {'AB'[i]}
              <select value="" onChange={(event) => choose(i, Number(event.currentTarget.value))}>
                <option value="" disabled>
                  {group.length === 0 ? 'Choose a relation' : 'Another relation'}
                </option>
                {kinds.map(({ name }, kind) => (
                  <option key={name} value={kind}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            {group.length > 0 && (
              <p>
                <b>{group.length.toLocaleString('en')} pairs</b>:{' '}
                {mostKinds(countsOf(points, group)).slice(0, 3).join(', ')}. Such as{' '}
                {comparedPoints(group)
                  .filter((_, at, some) => at % Math.ceil(some.length / 5) === 0)
                  .map((point) => points.pair(point).join(' → '))
                  .join(', ')}
                .
              </p>
            )}
          </div>
        ))}
      </div>
      {answer.error && <p class="notice">{answer.error}</p>}
      <div role="status">{answer.value && key !== undefined && <Verdict {...answer.value} />}</div>
    </section>
  );
}

function Verdict({ a, b, between }: { readonly a: number; readonly b: number; readonly between: number }) {
  const apart = Math.min(a, b) - between;
  return (
    <table class="figures">
      <caption>
        {apart > 0.1
          ? 'The model tells the groups apart: pairs are more like those of their own group.'
          : apart > 0
            ? 'The groups differ a little.'
            : 'The groups are mixed: one of them is no more like itself than like the other.'}
      </caption>
      <tbody>
        {[
          ['Mean cosine inside A', a],
          ['Mean cosine inside B', b],
          ['Mean cosine from A to B', between],
        ].map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{(value as number).toFixed(2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
