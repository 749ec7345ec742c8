/** `relbert push`: a model to the HuggingFace hub. */

import { command } from './command.ts';
import { counted } from './counted.ts';
import { flag, text } from './option.ts';
import { QueuedBar } from './queued-bar.ts';

export const push = command({
  name: 'push',
  summary: 'send a model to the HuggingFace hub',
  description:
    'Sends the files of a model to the hub, with the token of HF_TOKEN. The model card is checked first; files that are there already are not sent again, so the same command resumes an upload that was interrupted.',
  arguments: [
    ['<dir>', 'folder of the model'],
    ['<repository>', 'org/name, made where it is missing'],
  ],
  options: {
    private: flag('make the repository private'),
    dryRun: flag('check, list what would be sent, and send nothing'),
    message: text('<text>', 'title of the commit (default: Upload by relbert)'),
    json: flag('print {"repository","url","commit","uploaded":[{"file","bytes"}],"unchanged"}'),
  },
  examples: [
    'relbert push my-encoder me/my-encoder --dry-run',
    'HF_TOKEN=... relbert push my-encoder me/my-encoder --private',
  ],
  async run([folder, repository], flags, terminal) {
    const { checkRepositoryName, filesToPush, pushModel } = await import('../node/hub/push.ts');
    const { RelationEncoder } = await import('../node/relation-encoder.ts');
    checkRepositoryName(repository);
    const files = await filesToPush(folder);
    // What cannot be loaded is of no use there either.
    await RelationEncoder.describe(folder);
    const size = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1)} MB`;
    if (flags.dryRun) {
      const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
      const lines = files.map(({ file, bytes }) => `${file}  ${size(bytes)}`);
      await terminal.print(
        flags.json
          ? JSON.stringify({ repository, dryRun: true, files })
          : [
              ...lines,
              `${counted(files.length, 'file')}, ${size(total)}: would go to ${repository}; nothing was sent`,
            ].join('\n'),
      );
      return;
    }
    await using bar = new QueuedBar(terminal);
    const result = await pushModel(folder, repository, {
      ...{ env: terminal.env, signal: terminal.signal },
      ...(flags.private && { private: true }),
      ...(flags.message !== undefined && { title: flags.message }),
      onProgress(event) {
        if (event.kind === 'retry') {
          terminal.note(`${repository}: ${event.reason}; trying again in ${(event.delay / 1000).toFixed(1)} s`);
        } else bar.show(`${event.what} ${event.file}`, '%', Math.round(100 * event.share), 100);
      },
    });
    await bar.stop();
    const { url, commit, uploaded, unchanged } = result;
    const total = uploaded.reduce((sum, { bytes }) => sum + bytes, 0);
    const there = unchanged.length > 0 ? `; ${unchanged.length} were there already` : '';
    await terminal.print(
      flags.json
        ? JSON.stringify({ ...result, commit: commit ?? null })
        : commit === undefined
          ? `${url}: nothing to send, ${counted(unchanged.length, 'file')} there already`
          : `${url}: ${counted(uploaded.length, 'file')}, ${size(total)}${there} (commit ${commit.slice(0, 12)})`,
    );
  },
});
