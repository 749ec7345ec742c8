"""Golden values of the losses: packages/relbert/test/fixtures/loss/golden.json.

    /path/to/python packages/reproduction/parity/losses.py

Each loss is written here from its definition, triple by triple in float64, without a matrix of the batch, and its
gradient comes from torch.autograd: nothing of src/loss is repeated. Embeddings, labels, loss and gradient of each
case are stored as float64.
"""
import json
import pathlib

import torch
from torch.nn.functional import cosine_similarity

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
OUT = pathlib.Path(__file__).parent.parent.parent / "relbert" / "test" / "fixtures" / "loss" / "golden.json"

H = 5
# 14 items of 13 distinct pairs (0 belongs to relations 0 and 2), 4 relations in 2 categories and one item without any.
ITEMS = [  # pair, relation, category, positive
    (0, 0, 0, 1), (1, 0, 0, 1), (2, 0, 0, 1), (3, 0, 0, 0),
    (4, 1, 0, 1), (5, 1, 0, 1), (6, 1, 0, 0), (7, 1, 0, 0),
    (0, 2, 1, 1), (8, 2, 1, 1), (9, 2, 1, 1),
    (10, 3, 1, 1), (11, 3, 1, 0),
    (12, -1, -1, 1),
]
DRAWN = {  # places among the items
    "relation": {"anchors": [0, 4, 9, 4], "positives": [1, 5, 10, 5], "negatives": [3, 6, 11, 7]},
    "category": {"anchors": [0, 9], "positives": [4, 11], "negatives": [10, 2]},
}
# Far from the origin and close together, as embeddings of prompts are.
X = 3.0 + torch.randn(13, H)
TEACHER = torch.randn(13, 7)
WEIGHT, BIAS = torch.randn(3 * H) / 2, torch.randn(1)


def euclidean(a, b):
    # torch.norm gives the subgradient 0 at 0
    return torch.norm(a - b)


def cosine(a, b):
    return 1 - cosine_similarity(a, b, dim=0)


def hinge(dap, dan, margin, form="paper"):
    return torch.clamp(dap - dan + (margin if form == "paper" else -margin), min=0)


def reduce(values, reduction):
    return sum(values) / (len(values) if reduction == "mean" else 1)


def emb(x, place):
    return x[ITEMS[place][0]]


def drawn(level):
    t = DRAWN[level]
    return list(zip(t["anchors"], t["positives"], t["negatives"]))


def all_triples(level):
    out = []
    for a, (pa, ra, ca, ya) in enumerate(ITEMS):
        for p, (pp, rp, cp, yp) in enumerate(ITEMS):
            if ra < 0 or not ya or not yp or pa == pp:
                continue
            if (level == "category" and (ra == rp or ca != cp)) or (level != "category" and ra != rp):
                continue
            for n, (pn, rn, cn, yn) in enumerate(ITEMS):
                if pn in (pa, pp):
                    continue
                wanted = {
                    "relation": rn == ra and not yn,
                    "batch": rn != ra and rn >= 0 and yn,
                    "category": cn != ca and cn >= 0 and yn,
                }[level]
                if wanted:
                    out.append((a, p, n))
    return out


def triplet(x, triples, distance=euclidean, margin=1.0, form="paper", reduction="mean", symmetric=False):
    loss = reduce([hinge(distance(emb(x, a), emb(x, p)), distance(emb(x, a), emb(x, n)), margin, form)
                   for a, p, n in triples], reduction)
    if symmetric:
        loss = loss + reduce([hinge(distance(emb(x, a), emb(x, p)), distance(emb(x, p), emb(x, n)), margin, form)
                              for a, p, n in triples], reduction)
    return loss


def in_batch(x, triples, distance=euclidean, margin=1.0, reduction="mean", symmetric=False):
    values = []
    for i, (a, p, _) in enumerate(triples):
        for j, (b, q, _) in enumerate(triples):
            if ITEMS[a][1] != ITEMS[b][1]:
                for n in (b, q):
                    values.append(hinge(distance(emb(x, a), emb(x, p)), distance(emb(x, a), emb(x, n)), margin))
    loss = reduce(values, reduction)
    return loss + in_batch(x, [(p, a, n) for a, p, n in triples], distance, margin, reduction) if symmetric else loss


def flattened(x, triples, margin=1.0, form="code", reduction="sum"):
    a = torch.cat([emb(x, t[0]) for t in triples])
    p = torch.cat([emb(x, t[1]) for t in triples])
    values = []
    for t in triples:
        n = torch.cat([emb(x, t[1])] * len(triples))
        values.append(hinge(euclidean(a, p), euclidean(a, n), margin, form))
    return reduce(values, reduction)


def bce(z, label):
    return torch.nn.functional.binary_cross_entropy_with_logits(z, torch.full_like(z, label))


def logit(u, v, w, b):
    return torch.dot(w, torch.cat([u, v, (u - v).abs()])) + b.squeeze()


def classification(x, w, b, positives, negatives):
    return (reduce([bce(logit(emb(x, a), emb(x, p), w, b), 1.0) for a, p in positives], "mean")
            + reduce([bce(logit(emb(x, a), emb(x, n), w, b), 0.0) for a, n in negatives], "mean"))


def contrast(x, temperature, per_anchor):
    """per_anchor(list of positive logits, list of negative logits) -> loss of the anchor."""
    losses = []
    for a, (pa, ra, _, ya) in enumerate(ITEMS):
        if ra < 0 or not ya:
            continue
        score = lambda i: cosine_similarity(emb(x, a), emb(x, i), dim=0) / temperature
        pos = [score(i) for i, (p, r, _, y) in enumerate(ITEMS) if r == ra and y and p != pa]
        neg = [score(i) for i, (p, r, _, y) in enumerate(ITEMS) if r >= 0 and (r != ra or not y) and p != pa]
        if pos and neg:
            losses.append(per_anchor(pos, neg))
    return sum(losses) / len(losses)


def lse(values):
    return torch.logsumexp(torch.stack(values), 0)


INFO_NCE = {
    "each": lambda pos, neg: sum(lse([p, *neg]) - p for p in pos) / len(pos),
    "all": lambda pos, neg: sum(lse([*pos, *neg]) - p for p in pos) / len(pos),
    "sum": lambda pos, neg: lse([*pos, *neg]) - lse(pos),
}


def loob(pos, neg):
    return sum(lse(neg) - p for p in pos) / len(pos)


def similarity(x, t, temperature, teacher_temperature):
    losses = []
    for i in range(len(x)):
        others = [j for j in range(len(x)) if j != i]
        p = torch.stack([cosine_similarity(x[i], x[j], dim=0) for j in others]) / temperature
        q = torch.stack([cosine_similarity(t[i], t[j], dim=0) for j in others]) / teacher_temperature
        losses.append(torch.nn.functional.kl_div(p.log_softmax(0), q.softmax(0), reduction="sum"))
    return sum(losses) / len(losses)


def pairs(level):
    return sorted({(a, p) for a, p, _ in all_triples(level)})


def contrast_pairs():
    return [(a, n) for a, (pa, ra, _, ya) in enumerate(ITEMS) for n, (pn, rn, _, yn) in enumerate(ITEMS)
            if ra >= 0 and ya and rn == ra and not yn and pa != pn]


def positive_pairs():
    return [(a, p) for a, (pa, ra, _, ya) in enumerate(ITEMS) for p, (pp, rp, _, yp) in enumerate(ITEMS)
            if ra >= 0 and ya and rp == ra and yp and pa != pp]


rel, cat = drawn("relation"), drawn("category")
CASES = [
    ("drawn", [{"name": "triplet"}], lambda x: triplet(x, rel)),
    ("drawn", [{"name": "triplet", "distance": "cosine", "margin": 0.1}],
     lambda x: triplet(x, rel, cosine, 0.1)),
    ("drawn", [{"name": "triplet", "hinge": "code", "margin": 0.2, "reduction": "sum", "symmetric": True}],
     lambda x: triplet(x, rel, margin=0.2, form="code", reduction="sum", symmetric=True)),
    ("drawn", [{"name": "in-batch"}], lambda x: in_batch(x, rel)),
    ("drawn", [{"name": "in-batch", "reduction": "sum", "symmetric": True, "margin": 0.5}],
     lambda x: in_batch(x, rel, margin=0.5, reduction="sum", symmetric=True)),
    ("drawn", [{"name": "in-batch", "distance": "cosine", "margin": 0.1}], lambda x: in_batch(x, rel, cosine, 0.1)),
    ("drawn", [{"name": "in-batch", "form": "flattened", "hinge": "code", "margin": 0.3, "reduction": "sum"}],
     lambda x: flattened(x, rel, margin=0.3)),
    ("drawn", [{"name": "in-batch", "form": "flattened", "margin": 2}],
     lambda x: flattened(x, rel, margin=2, form="paper", reduction="mean")),
    ("drawn", [{"name": "category"}], lambda x: triplet(x, cat)),
    ("all", [{"name": "triplet"}], lambda x: triplet(x, all_triples("relation"))),
    ("all", [{"name": "triplet", "reduction": "sum"}], lambda x: triplet(x, all_triples("relation"), reduction="sum")),
    ("all", [{"name": "in-batch"}], lambda x: triplet(x, all_triples("batch"))),
    ("all", [{"name": "in-batch", "distance": "cosine", "margin": 0.1}],
     lambda x: triplet(x, all_triples("batch"), cosine, 0.1)),
    ("all", [{"name": "category"}], lambda x: triplet(x, all_triples("category"))),
    *[("all", [{"name": "infonce", "temperature": t, "positives": form}],
       lambda x, t=t, form=form: contrast(x, t, INFO_NCE[form]))
      for form in INFO_NCE for t in (0.05, 0.5)],
    ("all", [{"name": "infonce", "temperature": 0.01}], lambda x: contrast(x, 0.01, INFO_NCE["each"])),
    ("all", [{"name": "infoloob", "temperature": 0.1}], lambda x: contrast(x, 0.1, loob)),
    ("all", [{"name": "similarity", "temperature": 0.1}], lambda x: similarity(x, TEACHER, 0.1, 0.1)),
    ("all", [{"name": "similarity", "temperature": 0.05, "teacherTemperature": 0.2}],
     lambda x: similarity(x, TEACHER, 0.05, 0.2)),
    ("all", [{"name": "infonce", "temperature": 0.1, "weight": 0.5}, {"name": "category", "weight": 2}],
     lambda x: 0.5 * contrast(x, 0.1, INFO_NCE["each"]) + 2 * triplet(x, all_triples("category"))),
]


def with_head(positives, negatives, bias):
    x, w = X.clone().requires_grad_(), WEIGHT.clone().requires_grad_()
    b = BIAS.clone().requires_grad_() if bias else torch.zeros(1)
    loss = classification(x, w, b, positives, negatives)
    loss.backward()
    return {"loss": loss.item(), "gradient": x.grad.tolist(), "weight": w.grad.tolist(),
            **({"bias": b.grad.tolist()} if bias else {})}


def case(triples, terms, loss):
    x = X.clone().requires_grad_()
    value = loss(x)
    value.backward()
    return {"triples": triples, "terms": terms, "loss": value.item(), "gradient": x.grad.tolist()}


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.10g}")
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return value


heads = [
    {"triples": "drawn", "terms": [{"name": "classification"}],
     **with_head([(a, p) for a, p, _ in rel], [(a, n) for a, _, n in rel], True)},
    {"triples": "all", "terms": [{"name": "classification", "bias": False}],
     **with_head(positive_pairs(), contrast_pairs(), False)},
]
golden = {
    "made": f"parity/losses.py, torch {torch.__version__}, float64",
    "items": [dict(zip(("pair", "relation", "category", "positive"), item)) for item in ITEMS],
    "drawn": DRAWN, "embeddings": X.tolist(), "teacher": TEACHER.tolist(),
    "weight": WEIGHT.tolist(), "bias": BIAS.tolist(),
    "cases": [case(*c) for c in CASES] + heads,
}
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps(rounded(golden)) + "\n")
for c in golden["cases"]:
    print(f"{c['loss']:10.6f}", c["triples"], c["terms"])
