import { expect, it } from 'vitest';
import { accuracyPoints } from '../../src/report/report-pictures.ts';
import { madeUpModel, paper } from './figures.ts';

it('marks the best published accuracy on the test questions of SAT, not on both splits of it', () => {
  const analogy = madeUpModel().analogy.map((own) => ({ ...own, set: 'sat' }));
  expect(accuracyPoints([madeUpModel({ analogy })], paper)).toMatchObject([{ set: 'sat', published: 0.706 }]);
});
