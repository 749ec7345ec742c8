"""The reference side of packages/reproduction/bench/encode.ts: transformers + PyTorch encode the same pairs with the same prompt.

usage: encode.py MODEL PAIRS.tsv THREADS {bucketed|padded}
Prints one JSON object: {"seconds", "pairs"}; loading and a warm-up of 64 pairs are not counted, tokenising is.
  bucketed  prompts sorted by length, batches of 32, each padded to its own longest prompt
  padded    prompts as they come, batches of 32, each padded to 64 tokens (what the Python package relbert does)
"""
import json
import sys
import time

import torch
from transformers import AutoModel, AutoTokenizer

model_path, pairs_path, threads, way = sys.argv[1:]
torch.set_num_threads(int(threads))
tokenizer = AutoTokenizer.from_pretrained(model_path)
model = AutoModel.from_pretrained(model_path).eval()
pairs = [line.rstrip("\n").split("\t") for line in open(pairs_path, encoding="utf-8")]
template = "Today, I finally discovered the relation between {h} and {t} : {h} is the {m} of {t}"


def encode(pairs):
    texts = [template.format(h=h, t=t, m=tokenizer.mask_token) for h, t in pairs]
    order = range(len(texts))
    if way == "bucketed":
        lengths = [len(ids) for ids in tokenizer(texts)["input_ids"]]
        order = sorted(order, key=lambda i: lengths[i])
    out = torch.empty(len(texts), model.config.hidden_size)
    for start in range(0, len(order), 32):
        rows = order[start : start + 32]
        padding = {"padding": True} if way == "bucketed" else {"padding": "max_length", "max_length": 64}
        batch = tokenizer([texts[i] for i in rows], return_tensors="pt", **padding)
        hidden = model(**batch).last_hidden_state
        keep = (batch["attention_mask"] * (batch["input_ids"] != tokenizer.mask_token_id)).unsqueeze(-1)
        out[list(rows)] = (hidden * keep).sum(1) / keep.sum(1)
    return out


with torch.inference_mode():
    encode(pairs[:64])
    start = time.perf_counter()
    encode(pairs)
    print(json.dumps({"seconds": time.perf_counter() - start, "pairs": len(pairs)}))
