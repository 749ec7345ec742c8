import * as onnx from 'onnxruntime-web/webgpu';
import { serveEncoder } from './serve-encoder.ts';

serveEncoder(onnx, 'webgpu');
