"""The paper's recipe in PyTorch, start to end: 224 steps x 320 prompts, template a, average_no_mask.

usage: python packages/reproduction/parity/train_paper.py MODEL PLAN.json OUTPUT.json

PLAN.json is that of train_steps.py (loss "paper") with "questions": {set: [{"stem", "choices", "answer"}, ...]}. Unlike
train_steps.py this encodes what the paper's program encodes: five prompts for each of the 64 triples, whether they
repeat or not, with dropout. OUTPUT.json: seconds of training, and accuracies before and after.
"""
import json
import sys
import time

import torch
from train_steps import classification, in_batch, triplet
from transformers import AutoModel, AutoTokenizer


def main(path, plan_path, output_path):
    with open(plan_path) as file:
        plan = json.load(file)
    torch.set_num_threads(plan["threads"])
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModel.from_pretrained(path, dtype=torch.float32)
    parameters = [parameter for name, parameter in model.named_parameters() if not name.startswith("pooler.")]
    head = [torch.nn.Parameter(torch.tensor(plan["head"][name])) for name in ("weight", "bias")]
    optimiser = torch.optim.AdamW([*parameters, *head], lr=plan["learningRate"], weight_decay=0.0)
    template = plan["template"].replace("<mask>", tokenizer.mask_token)

    def encode(pairs):
        texts = [template.replace("<subj>", head).replace("<obj>", tail) for head, tail in pairs]
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        hidden = model(**batch).last_hidden_state
        kept = (batch["attention_mask"].bool() & (batch["input_ids"] != tokenizer.mask_token_id)).float()[..., None]
        return (hidden * kept).sum(1) / kept.sum(1)

    def accuracies():
        model.eval()
        result = {}
        with torch.no_grad():
            for name, questions in plan["questions"].items():
                pairs = [pair for question in questions for pair in [question["stem"], *question["choices"]]]
                rows = torch.cat([encode(pairs[start : start + 64]) for start in range(0, len(pairs), 64)])
                rows = torch.nn.functional.normalize(rows, dim=-1)
                correct, place = 0, 0
                for question in questions:
                    stem, count = rows[place], len(question["choices"])
                    scores = rows[place + 1 : place + 1 + count] @ stem
                    correct += int(scores.argmax()) == question["answer"]
                    place += 1 + count
                result[name] = correct / len(questions)
        model.train()
        result["mean"] = sum(result.values()) / len(result)
        return result

    before = accuracies()
    seconds = 0.0
    for number, step in enumerate(plan["steps"]):
        start = time.perf_counter()
        for group in optimiser.param_groups:
            group["lr"] = plan["learningRate"] * min(1.0, number / max(1, plan["warmup"]))
        pair = [item[0] for item in step["items"]]
        relations = torch.tensor([item[1] for item in step["items"]])
        wanted = [
            (level, role, place)
            for level, places in step["triples"].items()
            for role in ("anchors", "positives", "negatives")
            if (level, role) != ("category", "anchors")
            for place in places[role]
        ]
        rows = encode([step["pairs"][pair[place]] for _, _, place in wanted])
        part = {}
        for row, (level, role, _) in zip(rows, wanted):
            part.setdefault((level, role), []).append(row)
        part = {key: torch.stack(value) for key, value in part.items()}
        a, p, n = (part["relation", role] for role in ("anchors", "positives", "negatives"))
        # The anchors of the category level are those of the triples.
        order = {place: i for i, place in enumerate(step["triples"]["relation"]["anchors"])}
        again = torch.tensor([order[place] for place in step["triples"]["category"]["anchors"]])
        loss = (
            triplet(a, p, n)
            + in_batch(a, p, relations[torch.tensor(step["triples"]["relation"]["anchors"])])
            + triplet(a[again], part["category", "positives"], part["category", "negatives"])
            + classification(a, p, n, *head)
        )
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*parameters, *head], plan["clip"])
        optimiser.step()
        seconds += time.perf_counter() - start
        if (number + 1) % 28 == 0:
            print(number + 1, round(seconds, 1), float(loss.detach()), file=sys.stderr, flush=True)
    with open(output_path, "w") as file:
        json.dump({"seconds": seconds, "before": before, "after": accuracies()}, file)


main(*sys.argv[1:4])
