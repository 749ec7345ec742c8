import { and, not, or, type Tensor } from '../graph/index.ts';
import { asColumn, distanceMatrix, rowDistances } from './distance.ts';
import { type TripletSettings, tripletHinge } from './hinge.ts';
import { type AnchorPositives, ItemMasks, type Items } from './items.ts';
import { reduceMasked } from './reduction.ts';
import { selectRows } from './rows.ts';

/**
 * Triplet loss over all triples among the items of a step: anchors with their positives, given as places among the
 * items [M], each against every item that `negativesOf` says (bool [M, I]).
 *
 *     L = mean over (a, p) and n of max(0, d(a, p) − d(a, n) + ε)
 *
 * A triple in which the negative is the word pair of the anchor or of the positive does not count.
 */
export function allTripletsLoss(
  items: Items,
  { anchors, positives }: AnchorPositives,
  negativesOf: (masks: ItemMasks) => Tensor,
  settings: TripletSettings,
): Tensor {
  const { distance, reduction } = settings;
  const a = selectRows(items.embeddings, anchors); // [M, H]
  const near = asColumn(rowDistances(a, selectRows(items.embeddings, positives), distance)); // [M, 1]
  const far = selectRows(distanceMatrix(items.embeddings, items.embeddings, distance), anchors); // [M, I]
  const masks = new ItemMasks(items, anchors);
  const same = or(masks.samePair, new ItemMasks(items, positives).samePair);
  return reduceMasked(tripletHinge(near, far, settings), and(negativesOf(masks), not(same)), reduction);
}
