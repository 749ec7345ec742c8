"""Fine-tuning steps in PyTorch, for parity and for the bench of training.

usage: python packages/reproduction/parity/train_steps.py MODEL STEPS.json OUTPUT.json

STEPS.json: {"template", "loss": "paper" | "infonce", "temperature", "learningRate", "warmup", "clip", "threads",
"head"?: {"weight": [...], "bias": [...]}, "steps": [{"pairs": [[h, t], ...], "items": [[pair, relation, category,
positive], ...], "triples"?: {"relation": {"anchors", "positives", "negatives"}, "category": {...}}}, ...]}.

Every step encodes its distinct pairs once (pooling average_no_mask), padded to the longest, without dropout, and takes
an AdamW step. "paper": triplet + in-batch B x B + category level (Euclidean, margin 1, means) + classification.
OUTPUT.json: losses, seconds and processor seconds of each step, peak resident memory in MB.
"""
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from transformers import AutoModel, AutoTokenizer


def triplet(a, p, n):
    return F.relu(torch.linalg.norm(a - p, dim=-1) - torch.linalg.norm(a - n, dim=-1) + 1).mean()


def in_batch(a, p, relations):
    near = torch.linalg.norm(a - p, dim=-1)[:, None]
    others = relations[:, None] != relations[None, :]
    losses = []
    for negatives in (a, p):
        far = torch.linalg.norm(a[:, None, :] - negatives[None, :, :] + 1e-20, dim=-1)
        losses.append(F.relu(near - far + 1)[others].mean())
    return sum(losses) / 2


def classification(a, p, n, weight, bias):
    def logits(u, v):
        return torch.cat([u, v, (u - v).abs()], -1) @ weight + bias

    return F.softplus(-logits(a, p)).mean() + F.softplus(logits(a, n)).mean()


def infonce(x, items, temperature):
    pair, relation, _, positive = (torch.tensor(column) for column in zip(*items))
    rows = F.normalize(x[pair], dim=-1)
    logits = rows @ rows.T / temperature
    same = relation[:, None] == relation[None, :]
    other = pair[:, None] != pair[None, :]
    stands = positive.bool()
    positives = same & stands[:, None] & stands[None, :] & other
    negatives = stands[:, None] & ~(same & stands[None, :]) & other
    contrast = logits.masked_fill(~negatives, -1e9).logsumexp(1, keepdim=True)
    each = F.softplus(contrast - logits)
    count = positives.sum(1)
    anchors = count > 0
    return ((each * positives).sum(1)[anchors] / count[anchors]).mean()


def main(path, steps_path, output_path):
    with open(steps_path) as file:
        plan = json.load(file)
    torch.set_num_threads(plan["threads"])
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModel.from_pretrained(path, dtype=torch.float32).eval()
    parameters = [parameter for name, parameter in model.named_parameters() if not name.startswith("pooler.")]
    head = []
    if "head" in plan:
        head = [torch.nn.Parameter(torch.tensor(plan["head"][name])) for name in ("weight", "bias")]
    optimiser = torch.optim.AdamW([*parameters, *head], lr=plan["learningRate"], weight_decay=0.0)

    def encode(pairs):
        texts = []
        for pair in pairs:
            text = plan["template"].replace("<mask>", tokenizer.mask_token)
            texts.append(text.replace("<subj>", pair[0]).replace("<obj>", pair[1]))
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        hidden = model(**batch).last_hidden_state
        kept = (batch["attention_mask"].bool() & (batch["input_ids"] != tokenizer.mask_token_id)).float()[..., None]
        return (hidden * kept).sum(1) / kept.sum(1)

    losses, seconds, processor = [], [], []
    for number, step in enumerate(plan["steps"]):
        start, used = time.perf_counter(), time.process_time()
        for group in optimiser.param_groups:
            group["lr"] = plan["learningRate"] * min(1.0, number / max(1, plan["warmup"]))
        x = encode(step["pairs"])
        if plan["loss"] == "infonce":
            loss = infonce(x, step["items"], plan["temperature"])
        else:
            rows = x[torch.tensor([item[0] for item in step["items"]])]
            relations = torch.tensor([item[1] for item in step["items"]])
            level = {
                name: [rows[torch.tensor(places[role])] for role in ("anchors", "positives", "negatives")]
                for name, places in step["triples"].items()
            }
            a, p, n = level["relation"]
            anchors = torch.tensor(step["triples"]["relation"]["anchors"])
            loss = (
                triplet(a, p, n)
                + in_batch(a, p, relations[anchors])
                + triplet(*level["category"])
                + classification(a, p, n, *head)
            )
        optimiser.zero_grad()
        loss.backward()
        if plan["clip"]:
            torch.nn.utils.clip_grad_norm_([*parameters, *head], plan["clip"])
        optimiser.step()
        losses.append(float(loss.detach()))
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    with open(output_path, "w") as file:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        result = {"losses": losses, "seconds": seconds, "processorSeconds": processor, "peakMB": peak}
        json.dump({"torch": torch.__version__, **result}, file)


if __name__ == "__main__":
    main(*sys.argv[1:4])
