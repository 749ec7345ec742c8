// The install script calls this first. `.npmrc` could say the same, but npm 11 warns of keys that it does not know.
exports.bootstrap = () => {
  if (!process.env.ONNXRUNTIME_NODE_INSTALL) process.exit(0);
};
