/**
 * An HTTP server for relation embeddings of word pairs.
 *
 * ```ts
 * import { serve } from 'relbert-server';
 * await using server = await serve({ port: 8000 });
 * ```
 *
 * @module
 */
export { commands } from './cli.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { createApp, type RelbertApp } from './relbert-app.ts';
export { type RunningServer, type ServeOptions, serve } from './serve.ts';
export type { LogLevel, ServerOptions } from './server-options.ts';
export type { WorkerInfo, WorkerSpec } from './worker-message.ts';
