export function fetchProgress(_terminal: unknown) {
  return { onProgress: (_event: unknown) => {}, stop: async () => {} };
}
