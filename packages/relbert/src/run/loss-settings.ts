import { type LossName, type LossTerm, type LossTermInput, lossTermSchema } from '../loss/losses.ts';

type TermOf<Name extends LossName> = Extract<LossTerm, { name: Name }>;

/** Settings of losses: each counts for all losses of the run that have it. */
export interface LossSettings {
  readonly margin?: number;
  readonly distance?: TermOf<'triplet'>['distance'];
  readonly hinge?: TermOf<'triplet'>['hinge'];
  readonly reduction?: TermOf<'triplet'>['reduction'];
  readonly symmetric?: boolean;
  readonly inBatchForm?: TermOf<'in-batch'>['form'];
  readonly classificationBias?: boolean;
  readonly infoncePositives?: TermOf<'infonce'>['positives'];
  readonly temperature?: number;
  /** null: the student's. */
  readonly teacherTemperature?: number | null;
}

/** Each setting's flag, and what a loss of a recipe calls it. */
const settings: Record<keyof LossSettings, { readonly flag: string; readonly key: string }> = {
  margin: { flag: '--margin', key: 'margin' },
  distance: { flag: '--distance', key: 'distance' },
  hinge: { flag: '--hinge', key: 'hinge' },
  reduction: { flag: '--reduction', key: 'reduction' },
  symmetric: { flag: '--symmetric', key: 'symmetric' },
  inBatchForm: { flag: '--in-batch-form', key: 'form' },
  classificationBias: { flag: '--classification-bias', key: 'bias' },
  infoncePositives: { flag: '--infonce-positives', key: 'positives' },
  temperature: { flag: '--temperature', key: 'temperature' },
  teacherTemperature: { flag: '--teacher-temperature', key: 'teacherTemperature' },
};
const settingNames = Object.keys(settings) as readonly (keyof LossSettings)[];

/** The losses that have a setting. */
function lossesWith(key: string): readonly LossName[] {
  return lossTermSchema.options.filter(({ shape }) => key in shape).map(({ shape }) => shape.name.value);
}

/** A loss with those of the settings given that it has. */
export function withLossSettings(term: LossTermInput, given: LossSettings): LossTermInput {
  const result: Record<string, unknown> = { ...term };
  for (const setting of settingNames) {
    const { key } = settings[setting];
    const value = given[setting];
    if (value === undefined || !lossesWith(key).includes(term.name)) continue;
    if (value === null) delete result[key];
    else result[key] = value;
  }
  return result as LossTermInput;
}

/** A setting that none of the losses has, in words. */
export function lossSettingWithoutEffect(given: LossSettings, losses: readonly LossName[]): string | undefined {
  for (const setting of settingNames) {
    const { flag, key } = settings[setting];
    const having = lossesWith(key);
    if (given[setting] === undefined || having.some((name) => losses.includes(name))) continue;
    return `${flag} is a setting of ${having.join(', ')}, and the losses are: ${losses.join(', ')}`;
  }
  return undefined;
}
