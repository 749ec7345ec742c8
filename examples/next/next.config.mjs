export default {
  output: 'standalone',
  serverExternalPackages: ['relbert', 'relbert-minilm-l6', 'onnxruntime-node'],
  outputFileTracingIncludes: { '/**': ['node_modules/onnxruntime-node/bin/napi-v6/linux/x64/*'] },
};
