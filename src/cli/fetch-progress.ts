/** Shows how the files of a checkpoint arrive from the hub. */
import type { HubEvent } from '../checkpoint/hub-event.ts';
import type { Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';

export interface FetchProgress {
  readonly onProgress: (event: HubEvent) => void;
  /** Takes the last bar away. */
  stop(): Promise<void>;
}

/** One bar at a time, of the file that is on its way; what a person should know besides is said in words. */
export function fetchProgress(terminal: Terminal): FetchProgress {
  let shown: { readonly file: string; readonly bar: Progress } | undefined;
  // Bars come and go in the order of the events, although showing one takes a moment.
  let last: Promise<void> = Promise.resolve();
  const next = (step: () => void | Promise<void>): Promise<void> => {
    last = last.then(step);
    return last;
  };
  const hide = (): void => {
    shown?.bar.stop();
    shown = undefined;
  };
  return {
    onProgress(event) {
      switch (event.kind) {
        case 'download':
          void next(async () => {
            hide();
            shown = { file: event.file, bar: await terminal.progress(event.file, 'bytes', event.size) };
          });
          break;
        case 'progress':
          void next(() => {
            if (shown?.file === event.file) shown.bar.update(event.loaded, event.size);
          });
          break;
        case 'done':
          void next(() => {
            if (shown?.file === event.file) hide();
          });
          break;
        case 'retry':
          terminal.note(`${event.file}: ${event.reason}; trying again in ${(event.delay / 1000).toFixed(1)} s`);
          break;
        case 'wait':
          terminal.note(`${event.file}: another process is fetching it; waiting`);
          break;
        case 'offline':
          terminal.note(`the hub cannot be reached (${event.reason}): using what the cache holds`);
          break;
        case 'resolve':
        case 'cached':
          break;
      }
    },
    stop: () => next(hide),
  };
}
