/**
 * Distillation from files to files, as the command `relbert distill` does it (Node).
 *
 * @module
 */
export { type DistillEvent, type DistillOptions, distill } from './distill.ts';
