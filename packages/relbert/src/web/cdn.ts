/** What this version of the library needs beside it, where the page has no bundler. */
const onnxRuntimeWeb = 'onnxruntime-web@1.30.0';

/** `BASE/relbert@VERSION/…` is where a CDN serves this module from; undefined elsewhere. */
export const cdnBase: string | undefined = /^(https?:.*)\/relbert@[^/]+\//.exec(import.meta.url)?.[1];

/** The folder of onnxruntime-web's binaries on the CDN that this module is from. */
export const cdnBinaries: string | undefined = cdnBase && `${cdnBase}/${onnxRuntimeWeb}/dist/`;
