/** `relbert classify`: a classifier of relations that can be kept. */
import { classifyFit } from './classify-fit.ts';
import { classifyPredict } from './classify-predict.ts';
import type { CommandGroup } from './command.ts';

export const classify: CommandGroup = {
  name: 'classify',
  summary: 'learn your own relations from labelled pairs, and label others',
  description:
    'Learns relations from labelled pairs, keeps the classifier in a folder, and labels other pairs with it.',
  commands: [classifyFit, classifyPredict],
};
