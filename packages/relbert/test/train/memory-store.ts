import type { CheckpointName, TrainingState, TrainingStore } from '../../src/train/training-state.ts';

/** Checkpoints in memory, as copies. */
export function memoryStore(): TrainingStore & { readonly saved: Map<CheckpointName, TrainingState> } {
  const saved = new Map<CheckpointName, TrainingState>();
  return {
    saved,
    async save(which, state) {
      const copy = [...state.tensors].map(([name, value]) => [name, { ...value, data: value.data.slice() }] as const);
      saved.set(which, { ...state, tensors: new Map(copy) });
    },
    load: async (which) => saved.get(which),
  };
}
