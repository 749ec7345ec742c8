"""Kills an actor of a Ray cluster while examples/ray embeds pairs, and counts what is lost or doubled.

Usage, in a checkout that is built: python ray-kill.py [--pairs 20000]. Needs ray, pyarrow, pandas.
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc
import ray

root = pathlib.Path(__file__).parents[3]
os.environ["PYTHONPATH"] = str(root / "examples")
sys.path[:0] = [str(root / "examples"), str(root / "examples/ray")]
from embed import embed  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--pairs", type=int, default=20000)
count = parser.parse_args().pairs

model = root / "packages/relbert/test/fixtures/encoder/bert"
relbert = ["node", str(root / "packages/relbert/bin/relbert.js"), "embed", "--format", "arrow", "--model", str(model)]
relbert += ["--template", "<subj> and <obj>", "--pooling", "difference", "--threads", "1"]


def parent(process):
    """0 for one that has ended."""
    try:
        return int(pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def actors():
    """Processes of this cluster's actors: they descend from this one."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if b"Embedder" not in (folder / "cmdline").read_bytes():
                continue
        except OSError:
            continue
        above = int(folder.name)
        while above > 1 and above != os.getpid():
            above = parent(above)
        if above == os.getpid():
            yield int(folder.name)


pairs = pa.table(
    {
        "id": pa.array(range(count), pa.int64()),
        "head": [f"cat{i % 97}" for i in range(count)],
        "tail": [f"dog{i % 89}" for i in range(count)],
    }
)
stream = pa.BufferOutputStream()
with ipc.new_stream(stream, pairs.schema) as writer:
    writer.write_table(pairs, max_chunksize=1024)
alone = subprocess.run(relbert, input=stream.getvalue(), stdout=subprocess.PIPE, check=True).stdout
expected = np.stack(ipc.open_stream(alone).read_all()["embedding"].to_numpy(zero_copy_only=False))

ray.init(num_cpus=3, include_dashboard=False, logging_level="ERROR")
victim = None
ids, vectors = [], []
data = ray.data.from_arrow([pairs.slice(first, 50) for first in range(0, count, 50)])
for batch in embed(data, relbert).iter_batches(batch_size=None, batch_format="pyarrow"):
    ids.append(batch["id"].to_numpy())
    vectors.append(np.stack(batch["embedding"].to_numpy(zero_copy_only=False)))
    if victim is None:
        victim = next(actors(), None)
        if victim is not None:
            os.kill(victim, signal.SIGKILL)
ray.shutdown()
ids = np.concatenate(ids)
different = len(np.unique(ids))
worst = float(np.abs(np.concatenate(vectors) - expected[ids]).max())
killed = 0 if victim is None else 1
print(f"{killed} actors killed, {count} pairs: {count - different} lost, {len(ids) - different} doubled, vectors as of one process (to {worst:.1e})")
if killed != 1 or different != count or len(ids) != count or worst > 1e-5:
    raise SystemExit("rows or vectors are wrong, or no actor was killed")
