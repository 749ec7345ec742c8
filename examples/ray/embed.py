"""Embeds a table of word pairs on a Ray cluster.

    PYTHONPATH=examples python examples/ray/embed.py pairs.parquet vectors [-- --model NAME]

Every node needs Node, relbert and apache-arrow, as for examples/spark.
"""

import sys

import pyarrow as pa
import ray

from relbert_process import COMMAND, RelbertProcess


class Embedder:
    """An actor with one relbert."""

    def __init__(self, command=COMMAND):
        self.command = command
        self.process = None

    def __call__(self, table):
        found = []
        for batch in table.combine_chunks().to_batches():
            if self.process is None:
                self.process = RelbertProcess(batch.schema, self.command)
            found.append(self.process.embed(batch))
        return pa.Table.from_batches(found)


def embed(data, command=COMMAND, actors=None):
    """The data with a column `embedding`, by `actors` actors (default: one a CPU, less one)."""
    cpus = int(ray.cluster_resources()["CPU"])
    actors = actors or max(1, cpus - 1)
    # Actors that take all CPUs leave none to those who read and write: Ray then waits for ever.
    share = 1 if actors < cpus else (cpus - 0.5) / actors
    return data.map_batches(
        Embedder,
        fn_constructor_args=[command],
        batch_format="pyarrow",
        batch_size=1024,
        concurrency=actors,
        num_cpus=share,
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    source, target = arguments[:at]
    ray.init()
    embed(ray.data.read_parquet(source), (*COMMAND, *arguments[at + 1 :])).write_parquet(target)
