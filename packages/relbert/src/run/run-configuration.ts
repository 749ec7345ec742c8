/** What decides a run: a resumed run must have the same as the stopped run. */
import type { RelationModel } from '../encoder/language-model.ts';
import type { AnalogySet } from '../evaluate/analogy.ts';
import type { PromptSpec } from '../prompt/spec.ts';
import { type Json, plainJson } from '../train/configuration.ts';
import type { Recipe } from '../train/recipe-schema.ts';
import { fingerprint } from './fingerprint.ts';

export interface RunParts {
  readonly recipe: Recipe;
  readonly model: RelationModel;
  /** A learned prompt instead of the recipe's template. */
  readonly prompt: PromptSpec | undefined;
  /** The text of train-pairs.tsv. */
  readonly trainPairs: string;
  readonly questions: readonly AnalogySet[];
  /** Of the teacher, where there is one: its content. */
  readonly teacherHash: string | undefined;
}

/** Model, teacher and data by their content: the content behind a path can change, and files can move. */
export async function runConfiguration(parts: RunParts): Promise<Json> {
  const { recipe, model, prompt, trainPairs, questions, teacherHash } = parts;
  const { training: _, description: __, teacher, ...rest } = recipe;
  const configuration = {
    ...rest,
    teacher: teacher && { ...teacher, model: teacherHash?.slice(0, 16) },
    template: model.prompt.text,
    ...(prompt && { prompt: await promptFingerprint(prompt) }),
    pooling: model.pooling,
    model: await fingerprint(model.checkpoint),
    trainingPairs: await fingerprint(trainPairs),
    validate: await Promise.all(
      questions.map(
        async ({ set, split, questions: asked }) =>
          `${set}/${split}: ${asked.length} questions, ${await fingerprint(JSON.stringify(asked))}`,
      ),
    ),
  };
  return plainJson(configuration);
}

/** The hash of everything of a prompt, vectors included. */
export function promptFingerprint(prompt: PromptSpec): Promise<string> {
  return fingerprint(JSON.stringify(prompt.kind === 'soft' ? { ...prompt, vectors: [...prompt.vectors] } : prompt));
}
