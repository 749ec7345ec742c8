import { afterAll, describe, expect, it } from 'vitest';
import { Campaign } from './campaign.ts';

const campaign = await Campaign.open(17);
afterAll(() => campaign[Symbol.dispose]());

describe('damaged files (npm run fuzz: 5,000 of them)', () => {
  it('are refused in a line, or give the result of the sound file or one that is excepted: 200 mutations', async () => {
    const defects: unknown[] = [];
    for (let number = 0; number < 200; number++) {
      const found = await campaign.run(number);
      if (found.outcome.kind === 'defect') defects.push(found);
    }
    expect(defects).toEqual([]);
  });
});
