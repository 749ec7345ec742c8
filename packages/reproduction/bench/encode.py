"""The reference side of packages/reproduction/bench/encode.ts: other libraries encode the same pairs with the same prompt.

usage: encode.py MODEL PAIRS.tsv THREADS WAY [MODEL.onnx or FOLDER]
Prints one JSON object: {"seconds", "versions"}, or {"missing": "what is not installed"}; loading and a warm-up of 64 pairs
are not counted, tokenising is. Prompts are sorted by length, batches of 32, each padded to its longest prompt.
  torch-f32, torch-bf16        transformers and PyTorch
  torch-padded                 prompts as they come, each padded to 64 tokens (what the Python package relbert does)
  openvino-f32, openvino-bf16  OpenVINO, with MODEL.onnx, which `relbert export --opset plain` writes
  st-onnx-int8                 sentence-transformers with its ONNX backend, dynamically quantised (its own pooling)
  st-onnx-export               encodes nothing: sentence-transformers writes MODEL as FOLDER/onnx/model.onnx, for transformers.js
"""
import json
import sys
import tempfile
import time

model_path, pairs_path, threads, way = sys.argv[1:5]
threads = int(threads)
pairs = [line.rstrip("\n").split("\t") for line in open(pairs_path, encoding="utf-8")]
template = "Today, I finally discovered the relation between {h} and {t} : {h} is the {m} of {t}"


def prompts(tokenizer):
    return [template.format(h=h, t=t, m=tokenizer.mask_token) for h, t in pairs]


def batches(tokenizer, texts, padded=False):
    order = range(len(texts))
    if not padded:
        lengths = [len(ids) for ids in tokenizer(texts)["input_ids"]]
        order = sorted(order, key=lambda i: lengths[i])
    padding = {"padding": "max_length", "max_length": 64} if padded else {"padding": True}
    for start in range(0, len(order), 32):
        yield [texts[i] for i in order[start : start + 32]], padding


def torch_way(kind):
    import torch
    import transformers

    torch.set_num_threads(threads)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model_path)
    dtype = torch.bfloat16 if kind == "bf16" else torch.float32
    model = transformers.AutoModel.from_pretrained(model_path, dtype=dtype).eval()

    def encode(texts):
        with torch.inference_mode():
            for rows, padding in batches(tokenizer, texts, kind == "padded"):
                batch = tokenizer(rows, return_tensors="pt", **padding)
                hidden = model(**batch).last_hidden_state
                keep = (batch["attention_mask"] * (batch["input_ids"] != tokenizer.mask_token_id)).unsqueeze(-1)
                (hidden * keep).sum(1) / keep.sum(1)

    return encode, prompts(tokenizer), {"torch": torch.__version__, "transformers": transformers.__version__}


def openvino_way(kind):
    import openvino
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(model_path)
    settings = {"INFERENCE_PRECISION_HINT": kind, "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    compiled = openvino.Core().compile_model(sys.argv[5], "CPU", settings)

    def encode(texts):
        for rows, padding in batches(tokenizer, texts):
            batch = tokenizer(rows, return_tensors="np", **padding)
            compiled({name: batch[name] for name in ("input_ids", "attention_mask")})

    return encode, prompts(tokenizer), {"openvino": openvino.__version__}


def sentence_transformers_way(kind):
    import onnxruntime
    import sentence_transformers
    from sentence_transformers import SentenceTransformer, export_dynamic_quantized_onnx_model

    exports = kind == "onnx-export"
    folder = sys.argv[5] if exports else tempfile.mkdtemp()
    plain = SentenceTransformer(model_path, backend="onnx", model_kwargs={"export": True})
    plain.save_pretrained(folder)
    if exports:
        return lambda texts: None, [], {}
    export_dynamic_quantized_onnx_model(plain, "avx512_vnni", folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    quantised = {"file_name": "onnx/model_qint8_avx512_vnni.onnx", "session_options": options}
    model = SentenceTransformer(folder, backend="onnx", model_kwargs=quantised)
    encode = lambda texts: model.encode(texts, batch_size=32)
    return encode, prompts(model.tokenizer), {"sentence-transformers": sentence_transformers.__version__}


library, _, kind = way.partition("-")
try:
    make = {"torch": torch_way, "openvino": openvino_way, "st": sentence_transformers_way}[library]
    encode, texts, versions = make(kind)
except Exception as error:  # not every library says with an ImportError that something is missing
    print(json.dumps({"missing": str(error).splitlines()[0]}))
    sys.exit()
encode(texts[:64])
start = time.perf_counter()
encode(texts)
print(json.dumps({"seconds": time.perf_counter() - start, "versions": versions}))
