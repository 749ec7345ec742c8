/**
 * Turns off the usage data that onnxruntime-node (since 1.30) collects in `~/.cache/Microsoft` and sends, unless the user
 * has set the variable. To be called in the main thread before the native module is loaded: a worker's `process.env` is
 * a copy that native code does not see.
 */
export function disableTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}
