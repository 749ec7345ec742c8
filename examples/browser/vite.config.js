export default {
  optimizeDeps: {
    exclude: ['relbert', 'relbert-minilm-l6', 'onnxruntime-web'],
    include: ['relbert > protobufjs/minimal.js'],
  },
};
