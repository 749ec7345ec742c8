/** Shows how the files of a checkpoint arrive from the hub. */
import type { HubEvent } from '../node/hub/hub-event.ts';
import { QueuedBar } from './queued-bar.ts';
import type { Terminal } from './terminal.ts';

export interface FetchProgress {
  readonly onProgress: (event: HubEvent) => void;
  /** Takes the last bar away. */
  stop(): Promise<void>;
}

/** One bar at a time, of the file that is on its way; what a person should know besides is said in words. */
export function fetchProgress(terminal: Terminal): FetchProgress {
  const bar = new QueuedBar(terminal);
  let shown: string | undefined;
  const stop = (): Promise<void> => {
    shown = undefined;
    return bar.stop();
  };
  return {
    onProgress(event) {
      switch (event.kind) {
        case 'download':
          void bar.stop();
          shown = event.file;
          bar.show(event.file, 'bytes', event.from, event.size);
          break;
        case 'progress':
          if (shown === event.file) bar.show(event.file, 'bytes', event.loaded, event.size);
          break;
        case 'done':
          if (shown === event.file) void stop();
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
    stop,
  };
}
