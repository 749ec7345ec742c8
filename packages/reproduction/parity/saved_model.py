"""Checks that what this package saves and caches is what transformers, huggingface_hub and relbert read.

    python packages/reproduction/parity/saved_model.py [--model FOLDER ...]

For each model (default: the tiny ones of packages/relbert/test/fixtures/encoder):
- saved by this package as f32: AutoModel gives the hidden states of the original within 1e-6, every weight to the
  same bits, the tokenizer the same ids;
- saved as f16: every weight as NumPy rounds it, and AutoModel computes in float32;
- relbert_config of the saved model is what the Python package `relbert` 2.0.2 takes: two strings.
And once:
- a cache that this package fetched (from a hub that runs here) is found by huggingface_hub offline, by name, and a
  cache that huggingface_hub fetched is found by this package offline.

Needs torch, transformers, huggingface_hub, and node with this repository's node_modules.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parent.parent.parent / "relbert"

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", nargs="*", default=sorted(str(p.parent) for p in root.glob("test/fixtures/encoder/*/config.json")))
arguments = parser.parse_args()

IMPORTS = """
import { openCheckpoint } from './src/encoder/checkpoint.ts';
import { folderFiles } from './src/node/folder.ts';
import { hubFiles } from './src/node/hub/hub.ts';
import { saveModel } from './src/node/save.ts';
import { HubServer } from './test/node/hub-server.ts';
import { readFileSync } from 'node:fs';
const given = JSON.parse(process.env.GIVEN);
"""
SAVE = """
const source = await openCheckpoint(await folderFiles(given.model));
const text = '<subj> and <obj>';
const relbert = { pooling: given.pooling, prompt: { kind: 'template', text }, text };
await saveModel({ folder: given.folder, source, dtype: given.dtype, relbert, card: '# Saved by relbert\\n' });
"""
HUB = """
const server = await new HubServer().start();
for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']) {
  server.files.set(name, readFileSync(`${given.model}/${name}`));
}
await hubFiles('org/model', { endpoint: server.endpoint, cache: given.cache });
console.log(server.endpoint);
process.stdin.on('end', () => void server.stop()).resume();
"""
OFFLINE = """
const checkpoint = await openCheckpoint(await hubFiles('org/model', { cache: given.cache, offline: true }));
console.log(checkpoint.weights.names.length);
"""


def node(program, **given):
    return subprocess.Popen(
        ["node", "--import", "tsx", "--input-type=module", "-e", IMPORTS + program],
        cwd=root, env={**os.environ, "GIVEN": json.dumps(given)}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def run(program, **given):
    process = node(program, **given)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return output


scratch = tempfile.TemporaryDirectory()
model_folder = str(root / "test/fixtures/encoder/bert")
ours, theirs = f"{scratch.name}/ours", f"{scratch.name}/theirs"
hub = node(HUB, model=model_folder, cache=ours)
os.environ["HF_ENDPOINT"] = hub.stdout.readline().strip()
os.environ["HF_HUB_DISABLE_XET"] = "1"

import huggingface_hub  # noqa: E402 (reads HF_ENDPOINT at import)
import numpy  # noqa: E402
import torch  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402
from transformers import AutoConfig, AutoModel, AutoTokenizer  # noqa: E402
from transformers.utils import logging  # noqa: E402

logging.set_verbosity_error()
logging.disable_progress_bar()

# the cache, both ways
for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
    huggingface_hub.hf_hub_download("org/model", name, cache_dir=theirs)
hub.stdin.close()
hub.wait()
folder = huggingface_hub.snapshot_download("org/model", cache_dir=ours, local_files_only=True)
assert sorted(os.listdir(folder)) == sorted(os.listdir(huggingface_hub.snapshot_download("org/model", cache_dir=theirs, local_files_only=True)))
assert huggingface_hub.try_to_load_from_cache("org/model", "model.safetensors", cache_dir=ours) is not None
report = huggingface_hub.scan_cache_dir(ours)
assert not report.warnings and len(report.repos) == 1, report.warnings
expected = huggingface_hub.scan_cache_dir(theirs)
blobs = lambda cache: sorted(f.blob_path.name for r in cache.repos for v in r.revisions for f in v.files)  # noqa: E731
assert blobs(report) == blobs(expected)
AutoModel.from_pretrained("org/model", cache_dir=ours, local_files_only=True)
print("cache of this package: found by huggingface_hub and transformers offline, blobs named alike")
print("cache of huggingface_hub: found by this package offline,", run(OFFLINE, cache=theirs).strip(), "weights")

failed = False
for model in arguments.model:
    saved, half = f"{scratch.name}/f32", f"{scratch.name}/f16"
    run(SAVE, model=model, folder=saved, dtype="f32", pooling="average_no_mask")
    run(SAVE, model=model, folder=half, dtype="f16", pooling="difference")
    before, after, rounded = (load_file(f"{f}/model.safetensors") for f in (model, saved, half))
    assert before.keys() == after.keys() == rounded.keys()
    for name, value in before.items():
        assert value.shape == after[name].shape and (value.astype(after[name].dtype) == after[name]).all(), name
        if value.dtype == numpy.float32:
            assert (value.astype(numpy.float16) == rounded[name]).all(), name
    tokenizers = [AutoTokenizer.from_pretrained(f) for f in (model, saved, half)]
    text = f"the relation between Tokyo and Japan is {tokenizers[0].mask_token}"
    ids = [t(text, return_tensors="pt") for t in tokenizers]
    assert all((i["input_ids"] == ids[0]["input_ids"]).all() for i in ids)
    states = []
    for f in (model, saved, half):
        lm = AutoModel.from_pretrained(f).eval()
        assert all(p.dtype == torch.float32 for p in lm.parameters()), f
        with torch.no_grad():
            states.append(lm(**ids[0]).last_hidden_state)
    difference, rounding = ((states[0] - s).abs().max().item() for s in states[1:])
    for f, mode in ((saved, "average_no_mask"), (half, "difference")):
        relbert = AutoConfig.from_pretrained(f).relbert_config
        assert relbert["aggregation_mode"] == mode and relbert["template"] == "<subj> and <obj>", relbert
    good = difference <= 1e-6
    failed |= not good
    print(f"{'ok  ' if good else 'FAIL'} {os.path.basename(model)}: f32 {difference:.1e} (<= 1e-6), f16 {rounding:.1e}")

sys.exit(1 if failed else 0)
