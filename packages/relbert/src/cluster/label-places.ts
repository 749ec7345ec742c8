/** @file Where names stand beside the points of a picture, so that none lies on another. */

/** A point, or the left end of a line of text, in pixels from the upper left corner. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

export interface PlacedLabel extends Spot {
  /** Place in the list of texts. */
  readonly index: number;
  readonly text: string;
}

/** Mean width of a character of a type of 11 pixels, and the height of its lines. */
const CHARACTER = 6.2;
const LINE = 12;

/**
 * Each text right of its point, left of it, above or below, the first that is free; a text without a free place is left
 * out. All lie within the picture.
 */
export function placeLabels(
  texts: readonly string[],
  points: readonly Spot[],
  { width, height }: { readonly width: number; readonly height: number },
): PlacedLabel[] {
  const taken: { readonly left: number; readonly right: number; readonly y: number }[] = [];
  const placed: PlacedLabel[] = [];
  for (const [index, text] of texts.entries()) {
    const length = text.length * CHARACTER;
    const { x, y } = points[index] as Spot;
    // Near an edge the name moves inwards.
    const middle = Math.max(0, Math.min(x - length / 2, width - length));
    const choices: readonly (readonly [left: number, y: number])[] = [
      [x + 7, y + 4],
      [x - 7 - length, y + 4],
      [middle, y - 8],
      [middle, y + 16],
    ];
    const free = choices.find(
      ([left, line]) =>
        left >= 0 &&
        left + length <= width &&
        line >= LINE &&
        line <= height - 4 &&
        taken.every((box) => Math.abs(box.y - line) >= LINE || left + length < box.left || left > box.right),
    );
    if (!free) continue;
    taken.push({ left: free[0], right: free[0] + length, y: free[1] });
    placed.push({ index, text, x: free[0], y: free[1] });
  }
  return placed;
}
