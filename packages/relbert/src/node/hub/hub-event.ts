/** What fetching a checkpoint reports, for progress bars and logs. */
export type HubEvent =
  /** The hub was asked which files there are; these will be fetched (sizes where the hub tells them). */
  | { readonly kind: 'resolve'; readonly model: string; readonly commit: string; readonly files: readonly string[] }
  /** A file is in the cache already. */
  | { readonly kind: 'cached'; readonly file: string }
  /** A download starts at byte `from`: above zero where an earlier one was cut off. */
  | { readonly kind: 'download'; readonly file: string; readonly size: number | undefined; readonly from: number }
  /** Bytes so far. */
  | { readonly kind: 'progress'; readonly file: string; readonly loaded: number; readonly size: number | undefined }
  /** A file is complete, checked and in place. */
  | { readonly kind: 'done'; readonly file: string }
  /** A request failed and is retried after `delay` milliseconds. */
  | {
      readonly kind: 'retry';
      readonly file: string;
      readonly attempt: number;
      readonly delay: number;
      readonly reason: string;
    }
  /** Another process is fetching this file. */
  | { readonly kind: 'wait'; readonly file: string }
  /** The hub cannot be reached, or does not accept the token: what the cache holds is used. */
  | { readonly kind: 'offline'; readonly reason: string };
