"""Goldens of the optimiser: torch.optim.AdamW with gradient clipping on fixed gradients.

usage: python packages/reproduction/parity/train_adamw.py packages/relbert/test/fixtures/train/adamw.json
Gradients are sin((i + 1) * (step + 1) * k) * scale, so that the test makes the same ones.
"""
import json
import math
import sys

import torch


def gradient(size: int, step: int, k: float, scale: float) -> torch.Tensor:
    values = [math.sin((i + 1) * (step + 1) * k) * scale for i in range(size)]
    return torch.tensor(values, dtype=torch.float64).float()


def main(path: str) -> None:
    sizes = {"weight": 23, "bias": 5}
    cases = []
    for weight_decay, clip in [(0.0, None), (0.01, None), (0.1, 0.5)]:
        weight = torch.nn.Parameter(torch.linspace(-1, 1, sizes["weight"]))
        bias = torch.nn.Parameter(torch.linspace(-0.5, 0.5, sizes["bias"]))
        optimiser = torch.optim.AdamW(
            [{"params": [weight], "weight_decay": weight_decay}, {"params": [bias], "weight_decay": 0.0}], lr=1e-2
        )
        norms = []
        for step in range(12):
            for group in optimiser.param_groups:
                group["lr"] = 1e-2 * (1 - step / 12)
            weight.grad = gradient(sizes["weight"], step, 0.7, 1.0)
            bias.grad = gradient(sizes["bias"], step, 1.3, 1e-3)
            norms.append(float(torch.nn.utils.clip_grad_norm_([weight, bias], clip if clip else 1e9)))
            optimiser.step()
        cases.append(
            {
                "weightDecay": weight_decay,
                "clip": clip,
                "norms": norms,
                "weight": weight.detach().tolist(),
                "bias": bias.detach().tolist(),
            }
        )
    with open(path, "w") as file:
        json.dump({"provenance": f"parity/train_adamw.py, torch {torch.__version__}", "cases": cases}, file)


main(sys.argv[1])
