"""The Python code of a model card gives what this package gives.

usage: relbert embed --model DIR --output pairs.jsonl Tokyo:Japan "New York:Albany" cat:cats …
       python packages/reproduction/parity/model_card.py DIR pairs.jsonl

Runs the code block of DIR/README.md in DIR and compares its `embed` with the embeddings in the file: the largest
difference must stay below 1e-4 of the largest value.
"""
import json
import os
import re
import sys


def main(folder: str, file: str) -> None:
    with open(file) as lines:
        expected = [json.loads(line) for line in lines]
    with open(os.path.join(folder, "README.md")) as card:
        (code,) = re.findall(r"```python\n(.*?)```", card.read(), re.S)
    os.chdir(folder)
    scope: dict = {}
    exec(code, scope)
    worst = 0.0
    for row in expected:
        ours = scope["embed"](row["head"], row["tail"]).tolist()
        assert len(ours) == len(row["embedding"])
        scale = max(abs(value) for value in ours)
        worst = max(worst, *(abs(a - b) / scale for a, b in zip(ours, row["embedding"])))
    print(f"{len(expected)} pairs, largest relative difference {worst:.2e}")
    assert worst < 1e-4


main(*sys.argv[1:3])
