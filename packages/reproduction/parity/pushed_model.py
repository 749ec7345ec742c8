"""Checks that a model which `relbert push` sent loads in transformers, from the files as they arrived.

    python packages/reproduction/parity/pushed_model.py [--model FOLDER]

Pushes the folder (default: the embedded model in 16 bits, with the card of its package) to a hub that runs here, writes what arrived into an empty folder, and
compares: every weight to the same bits, the tokenizer's ids, and the embedding of the model card's Python code with that of
relbert. Needs torch, transformers, and node with this repository's node_modules.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile

import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

packages = pathlib.Path(__file__).resolve().parent.parent.parent
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model")
given = parser.parse_args().model

PUSH = """
import { writeFileSync } from 'node:fs';
import { pushModel, RelationEncoder } from './src/index.ts';
import { PushServer } from './test/node/push-server.ts';
const given = JSON.parse(process.env.GIVEN);
const server = await new PushServer().start();
await pushModel(given.model, 'me/model', { endpoint: server.endpoint, token: PushServer.writer });
for (const [name, data] of server.repositories.get('me/model').files) writeFileSync(`${given.folder}/${name}`, data);
await server.stop();
const encoder = await RelationEncoder.load(given.folder, { worker: false });
console.log(JSON.stringify(Array.from((await encoder.encode([['Tokyo', 'Japan']])).data)));
await encoder.dispose();
"""


def halves(output):
    """The embedded model as transformers reads it."""
    relbert = ["node", str(packages / "relbert/bin/relbert.js"), "export", "--model", "embedded"]
    subprocess.run([*relbert, "--format", "safetensors", "--dtype", "f16", "--output", output], check=True)
    card = (packages / "relbert-minilm-l6/README.md").read_text()
    code = card.replace('path = "relbert-minilm-l6-f16"', 'path = "."')
    assert code != card, "the card reads another folder than the one that it tells to export"
    pathlib.Path(output, "README.md").write_text(code)
    return output


with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
    model = os.path.abspath(given) if given else halves(f"{place}/relbert-minilm-l6-f16")
    output = subprocess.run(
        ["node", "--import", "tsx", "--input-type=module", "-e", PUSH],
        cwd=packages / "relbert", env={**os.environ, "GIVEN": json.dumps({"model": model, "folder": folder})},
        text=True, stdout=subprocess.PIPE, check=True,
    ).stdout
    ours = torch.tensor(json.loads(output))
    before, after = (load_file(f"{each}/model.safetensors") for each in (model, folder))
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
    AutoModel.from_pretrained(folder)
    text = "Tokyo and Japan, New York"
    assert AutoTokenizer.from_pretrained(folder)(text).input_ids == AutoTokenizer.from_pretrained(model)(text).input_ids
    code = re.search(r"```python\n(.*?)```", pathlib.Path(folder, "README.md").read_text(), re.S).group(1)
    os.chdir(folder)
    scope: dict = {}
    exec(code, scope)  # the model card's own few lines
    theirs = scope["embed"]("Tokyo", "Japan")
    difference = (ours - theirs).abs().max().item() / theirs.abs().max().item()
    assert difference < 1e-4, difference
    print(f"{os.path.basename(model)}: {len(after)} weights alike, embedding within {difference:.1e} of transformers'")
