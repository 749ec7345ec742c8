"""Golden values of the P-tuning network: torch.nn.Embedding, LSTM (two layers, bidirectional) and Linear, ReLU, Linear.

usage: python packages/reproduction/parity/p_tuning.py packages/relbert/test/fixtures/prompt-search/p-tuning.json

Weights are sin(0.37 k + i) * 0.5 for element k of tensor i in the order of `parameters`, so that the test makes the
same ones; the loss is the sum of vectors * cos(0.61 k).
"""
import json
import sys

import torch

COUNT, WIDTH = 5, 6


def fill(i: int, tensor: torch.Tensor) -> torch.Tensor:
    k = torch.arange(tensor.numel(), dtype=torch.float64)
    return (torch.sin(0.37 * k + i) * 0.5).reshape(tensor.shape).float()


def network(name: str):
    table = torch.nn.Embedding(COUNT, WIDTH)
    lstm = torch.nn.LSTM(WIDTH, WIDTH // 2, num_layers=2, bidirectional=True, batch_first=True)
    mlp = torch.nn.Sequential(torch.nn.Linear(WIDTH, WIDTH), torch.nn.ReLU(), torch.nn.Linear(WIDTH, WIDTH))
    parameters = [("embedding.weight", table.weight)]
    if name == "lstm":
        parameters += [(f"lstm.{key}", value) for key, value in lstm.named_parameters()]
    if name != "none":
        parameters += [(f"mlp.{key}", value) for key, value in mlp.named_parameters()]
    with torch.no_grad():
        for i, (_, value) in enumerate(parameters):
            value.copy_(fill(i, value))
    states = table(torch.arange(COUNT))
    if name == "lstm":
        states = lstm(states.unsqueeze(0))[0].squeeze(0)
    vectors = states if name == "none" else mlp(states)
    k = torch.arange(COUNT * WIDTH, dtype=torch.float64)
    (vectors * torch.cos(0.61 * k).reshape(COUNT, WIDTH).float()).sum().backward()
    return {
        "name": name,
        "vectors": vectors.detach().flatten().tolist(),
        "gradients": {key: value.grad.flatten().tolist() for key, value in parameters},
        "shapes": {key: list(value.shape) for key, value in parameters},
    }


def main(path: str) -> None:
    result = {
        "provenance": f"parity/p_tuning.py, torch {torch.__version__}",
        "count": COUNT,
        "width": WIDTH,
        "networks": [network(name) for name in ("none", "mlp", "lstm")],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file)


main(sys.argv[1])
