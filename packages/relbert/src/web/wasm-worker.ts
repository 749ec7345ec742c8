import * as onnx from 'onnxruntime-web/wasm';
import { serveEncoder } from './serve-encoder.ts';

serveEncoder(onnx, 'wasm');
