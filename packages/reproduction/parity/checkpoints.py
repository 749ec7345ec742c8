"""Makes packages/relbert/test/fixtures/checkpoint/: checkpoint files as the reference frameworks write them, and the values in them.

    python packages/reproduction/parity/checkpoints.py packages/relbert/test/fixtures/checkpoint

- tensors.safetensors, sharded/: the safetensors library
- zip.bin: torch.save; legacy.bin: torch.save as before PyTorch 1.6
- evil-*.bin: pickles that try to run something; made without running it
- golden.json: the values as float32, and binary16 bits of float32 values as NumPy rounds them

Made with torch 2.15, safetensors 0.7, NumPy 2.
"""

import collections
import json
import os
import pickle
import struct
import sys
import zipfile

import numpy
import torch
from safetensors.torch import save_file

folder = sys.argv[1]
os.makedirs(f"{folder}/sharded", exist_ok=True)
torch.manual_seed(1)

base = torch.randn(4, 6)
tensors = {
    "embeddings.word_embeddings.weight": torch.randn(5, 3),
    "layer.weight": torch.randn(2, 3).to(torch.float16),
    "layer.bias": torch.randn(3).to(torch.bfloat16),
    "double": torch.randn(2, dtype=torch.float64),
    "scalar": torch.tensor(0.25),
    "embeddings.position_ids": torch.arange(4).reshape(1, 4),
    "flag": torch.tensor([True, False]),
}
save_file({k: v.contiguous() for k, v in tensors.items()}, f"{folder}/tensors.safetensors", {"format": "pt"})

# what torch.save can hold besides: views that share a storage, transposed, with steps; parameters
state = collections.OrderedDict(tensors)
state["view"] = base[1:3]
state["transposed"] = base.t()
state["steps"] = base[::2, 1::3]
state["expanded"] = torch.tensor([[1.5], [2.5]]).expand(2, 3)
state["empty"] = torch.zeros(0, 3)
state["parameter"] = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
state._metadata = collections.OrderedDict([("", {"version": 1})])
torch.save(state, f"{folder}/zip.bin")
torch.save(state, f"{folder}/legacy.bin", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "state_dict": state, "loss": 0.5}, f"{folder}/training.bin")

names = list(tensors)
index = {"metadata": {"total_size": 0}, "weight_map": {}}
for number, part in enumerate((names[:2], names[2:]), 1):
    file = f"model-{number:05d}-of-00002.safetensors"
    save_file({k: tensors[k] for k in part}, f"{folder}/sharded/{file}", {"format": "pt"})
    index["weight_map"].update({k: file for k in part})
index["metadata"]["total_size"] = sum(v.numel() * v.element_size() for v in tensors.values())
with open(f"{folder}/sharded/model.safetensors.index.json", "w") as f:
    json.dump(index, f, indent=2)


class Call:
    """Pickles as a call of a function that is named, not imported."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def evil(name, value):
    program = pickle.dumps({"w": value}, protocol=2)
    with zipfile.ZipFile(f"{folder}/evil-{name}.bin", "w") as archive:
        archive.writestr("archive/data.pkl", program)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")


evil("system", Call(os.system, "touch relbert-was-here"))
evil("eval", Call(eval, "__import__('os').system('touch relbert-was-here')"))
evil("load", Call(torch.storage._load_from_bytes, b"cos\nsystem\n"))
evil("getattr", Call(getattr, collections.OrderedDict, "__init__"))

values = {k: {"shape": list(v.shape), "values": v.detach().float().flatten().tolist()} for k, v in state.items()
          if v.is_floating_point()}
rng = numpy.random.default_rng(1)
floats = numpy.concatenate([
    rng.standard_normal(300), rng.standard_normal(100) * 1e-4, rng.standard_normal(100) * 1e-7,
    rng.standard_normal(100) * 3e4, 2.0 ** numpy.arange(-30, 16), 3 * 2.0 ** numpy.arange(-30, 14),
]).astype(numpy.float32)
halves = floats.astype(numpy.float16)
with open(f"{folder}/golden.json", "w") as f:
    json.dump({
        "tensors": values,
        "half": {"float32": floats.view(numpy.uint32).tolist(), "float16": halves.view(numpy.uint16).tolist()},
    }, f)
