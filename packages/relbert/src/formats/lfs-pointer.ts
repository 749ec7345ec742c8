import { CheckpointError } from './checkpoint-error.ts';

const opening = 'version https://git-lfs.github.com/spec/';

/** Refuses the small text that a `git clone` without Git LFS leaves in place of a large file. */
export function checkNotPointer(file: string, bytes: Uint8Array): void {
  if (bytes.byteLength < 1024 && new TextDecoder().decode(bytes).startsWith(opening)) {
    throw new CheckpointError(file, 'only a Git LFS pointer, not the file itself; run `git lfs pull` in its folder');
  }
}
