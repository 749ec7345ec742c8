export { fusedKernel as int8Kernel } from './fused-kernel.ts';
