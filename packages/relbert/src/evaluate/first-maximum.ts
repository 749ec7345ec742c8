/** The place of the greatest number, the first of equals; NaN never wins over a number. */
export function firstMaximum(numbers: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) {
    const [number, leader] = [numbers[i] as number, numbers[best] as number];
    if (number > leader || (Number.isNaN(leader) && !Number.isNaN(number))) best = i;
  }
  return best;
}
