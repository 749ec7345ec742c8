/** Places of prompts, longest first; equal lengths keep the order given. */
export function byLength(lengths: readonly number[]): number[] {
  const length = (place: number): number => lengths[place] as number;
  return lengths.map((_, place) => place).sort((a, b) => length(b) - length(a) || a - b);
}
