/** Shows how the files of a checkpoint arrive from the hub. */
import type { HubOptions } from '../node/hub/hub.ts';
import type { HubEvent } from '../node/hub/hub-event.ts';
import { QueuedBar } from './queued-bar.ts';
import type { Terminal } from './terminal.ts';

export interface FetchProgress {
  readonly hub: HubOptions;
  /** Takes the last bar away. */
  stop(): Promise<void>;
}

/**
 * How this command reaches the hub, with a bar for the file in flight; retries and the like are said in words.
 * @param offline As `--offline`; default: as the environment says.
 */
export function fetchProgress(terminal: Terminal, offline?: boolean): FetchProgress {
  const bar = new QueuedBar(terminal);
  let shown: string | undefined;
  const stop = (): Promise<void> => {
    shown = undefined;
    return bar.stop();
  };
  const onProgress = (event: HubEvent): void => {
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
        terminal.note(`the hub gave no answer of use (${event.reason}): using what the cache holds`);
        break;
      case 'resolve':
      case 'cached':
        break;
    }
  };
  const { env, signal } = terminal;
  return { hub: { onProgress, signal, env, ...(offline !== undefined && { offline }) }, stop };
}
