"""Checks that `relbert export --opset plain` runs in runtimes that know nothing of ONNX Runtime's own operators.

    python packages/reproduction/parity/plain_onnx.py [--model FOLDER]

Exports the model (default: the embedded one) in both forms and compares the embeddings of a padded batch of prompts
with those of `relbert embed`: ONNX Runtime on both, then on the plain one onnx.reference, OpenVINO (told to compute in
f32: on processors with AMX or AVX-512 BF16 its default is bf16) and tract, in Rust. Fails above 1e-5 relative to the
largest element. What is not installed is named and left out.

Needs numpy, tokenizers, onnxruntime, onnx, openvino, cargo, and node with this repository's node_modules.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
from tokenizers import Tokenizer

here = pathlib.Path(__file__).resolve().parent
packages = here.parent.parent
relbert = ["node", str(packages / "relbert/bin/relbert.js")]
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", default=str(packages / "relbert-minilm-l6"))
model = parser.parse_args().model
folder = pathlib.Path(tempfile.mkdtemp())
pairs = [("Tokyo", "Japan"), ("hot", "cold"), ("the solar system", "planet"), ("composer", "symphony")]

(folder / "pairs.tsv").write_text("".join(f"{head}\t{tail}\n" for head, tail in pairs))
run = lambda command: subprocess.run(command, check=True, capture_output=True, text=True)
lines = run([*relbert, "embed", "--model", model, "--pairs", str(folder / "pairs.tsv"), "--format", "jsonl"]).stdout
expected = np.array([json.loads(line)["embedding"] for line in lines.splitlines()], dtype=np.float32)

for opset in "onnxruntime", "plain":
    output = str(folder / f"{opset}.onnx")
    note = run([*relbert, "export", "--model", model, "--opset", opset, "--output", output]).stderr
prompt = note.split("write pairs into: ")[1].split("\n")[0]
assert prompt.count("<subj>") == prompt.count("<obj>") == 1, f"a prompt with each word once is expected: {prompt}"

tokenizer = Tokenizer.from_file(f"{model}/tokenizer.json")
tokenizer.no_padding()
rows, head_masks, tail_masks = [], [], []
for head, tail in pairs:
    text = prompt.replace("<subj>", head).replace("<obj>", tail)
    places = [(prompt.replace("<obj>", tail if prompt.index("<obj>") < prompt.index("<subj>") else "<obj>").index("<subj>"), head)]
    places.append((prompt.replace("<subj>", head if prompt.index("<subj>") < prompt.index("<obj>") else "<subj>").index("<obj>"), tail))
    encoded = tokenizer.encode(text)
    within = lambda start, word: [int(a < start + len(word) and b > start) for a, b in encoded.offsets]
    rows.append(encoded.ids)
    head_masks.append(within(*places[0]))
    tail_masks.append(within(*places[1]))
width = max(map(len, rows))
padded = lambda values: np.array([v + [0] * (width - len(v)) for v in values], dtype=np.int64)
every = {
    "input_ids": padded(rows),
    "attention_mask": padded([[1] * len(row) for row in rows]),
    "head_mask": padded(head_masks),
    "tail_mask": padded(tail_masks),
}
worst = 0.0


def compare(name, found):
    global worst
    difference = float(np.abs(np.asarray(found).reshape(expected.shape) - expected).max() / np.abs(expected).max())
    worst = max(worst, difference)
    print(f"{name:36} {difference:.1e}")


def missing(module):
    if importlib.util.find_spec(module):
        return False
    print(f"{module:36} not installed")
    return True


plain = str(folder / "plain.onnx")
if not missing("onnxruntime"):
    import onnxruntime

    for opset in "onnxruntime", "plain":
        session = onnxruntime.InferenceSession(str(folder / f"{opset}.onnx"), providers=["CPUExecutionProvider"])
        inputs = [i.name for i in session.get_inputs()]
        compare(f"onnxruntime {onnxruntime.__version__}, {opset}", session.run(None, {n: every[n] for n in inputs})[0])
feeds = {name: every[name] for name in inputs}
if not missing("onnx"):
    import onnx
    from onnx.reference import ReferenceEvaluator

    loaded = onnx.load(plain)
    onnx.checker.check_model(loaded, full_check=True)
    domains = {entry.domain for entry in loaded.opset_import} | {node.domain for node in loaded.graph.node}
    assert domains == {""}, domains
    compare(f"onnx.reference {onnx.__version__}", ReferenceEvaluator(loaded).run(None, feeds)[0])
if not missing("openvino"):
    import openvino

    core = openvino.Core()
    for hint in {"INFERENCE_PRECISION_HINT": "f32"}, {}:
        compiled = core.compile_model(plain, "CPU", hint)
        found = compiled(feeds)[0]
        if hint:
            compare(f"openvino {openvino.__version__}, f32", found)
        else:
            default = float(np.abs(found - expected).max() / np.abs(expected).max())
            print(f"{'openvino, its default precision':36} {default:.1e} (not checked: bf16 where the processor has it)")
if not shutil.which("cargo"):
    print(f"{'cargo':36} not installed")
else:
    text = folder / "feeds.txt"
    text.write_text("".join(f"{name} {' '.join(map(str, feeds[name].shape))} {' '.join(map(str, feeds[name].ravel()))}\n" for name in inputs))
    target = os.environ.get("CARGO_TARGET_DIR", str(folder / "target"))  # set it to build once: minutes
    cargo = ["cargo", "run", "--quiet", "--release", "--manifest-path", str(here / "tract/Cargo.toml"), "--target-dir", target]
    found = run([*cargo, "--", plain, str(text)]).stdout
    compare("tract, in Rust", np.array(found.split(), dtype=np.float32))
shutil.rmtree(folder)
if worst > 1e-5:
    sys.exit(f"a difference of {worst:.1e}: more than 1e-5")
