"""The reference side of packages/reproduction/bench/prompt.ts: gradient and candidates of one AutoPrompt iteration with PyTorch.

usage: prompt.py MODEL PROMPTS.json
Prints {"gradient", "encode", "loss", "norm"}: seconds of the gradient over all batches and of encoding all pairs for
each of the sampled candidates (batches of about 1,024 tokens, sorted by length); the loss and the gradient's norm, to see that the work
is the same. Pooling: the mean over all tokens but mask; the triggers are no mask tokens here.
"""
import json
import sys
import time

import torch
from transformers import AutoModel

model_path, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    data = json.load(file)
torch.set_num_threads(data["threads"])
model = AutoModel.from_pretrained(model_path).eval()
for parameter in model.parameters():
    parameter.requires_grad_(False)
words = model.get_input_embeddings().weight
size = data["vocabulary"]


def pooled(ids, vectors):
    """Embeddings of prompts whose ids from `size` on stand for the vectors; one padded batch."""
    longest = max(map(len, ids))
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    padded = torch.tensor([row + [0] * (longest - len(row)) for row in ids])
    table = torch.cat([words, vectors])
    hidden = model(inputs_embeds=table[padded], attention_mask=mask).last_hidden_state
    return (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)


def by_length(ids, tokens=1024):
    order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
    batch = []
    for i in order:
        if batch and len(ids[batch[0]]) * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def gradient():
    vectors = words[torch.tensor(data["triggers"])].clone().requires_grad_(True)
    count = sum(len(batch["triples"]) for batch in data["batches"])
    total = 0.0
    for batch in data["batches"]:
        rows, order = [], []
        for places in by_length(batch["ids"]):
            rows.append(pooled([batch["ids"][i] for i in places], vectors))
            order += places
        embeddings = torch.cat(rows)[torch.argsort(torch.tensor(order))]
        a, p, n = torch.tensor(batch["triples"]).T
        near = (embeddings[a] - embeddings[p]).norm(dim=1)
        far = (embeddings[a] - embeddings[n]).norm(dim=1)
        loss = torch.relu(near - far + 1).sum() / count
        loss.backward()
        total += float(loss)
    return total, float(vectors.grad.norm())


def encode():
    ids = [row for batch in data["batches"] for row in batch["ids"]]
    with torch.inference_mode():
        for triggers in data["candidates"]:
            prompts = [[triggers[i - size] if i >= size else i for i in row] for row in ids]
            for places in by_length(prompts):
                rows = [prompts[i] for i in places]
                longest = max(map(len, rows))
                mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
                padded = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
                hidden = model(input_ids=padded, attention_mask=mask).last_hidden_state
                (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)


with torch.inference_mode():
    pooled(data["batches"][0]["ids"][:64], words[torch.tensor(data["triggers"])])
start = time.perf_counter()
loss, norm = gradient()
middle = time.perf_counter()
encode()
print(json.dumps({"gradient": middle - start, "encode": time.perf_counter() - middle, "loss": loss, "norm": norm}))
