"""Kills executors of a Spark cluster at random while examples/spark embeds pairs, and counts what is lost or doubled.

Usage, in a checkout that is built: python spark-kills.py [--kills 20] [--pairs 4000]. Needs Java 17, pyspark, pyarrow,
pandas >= 2.2. The cluster is Spark's local-cluster: two workers with an executor each, in processes of their own.
"""

import argparse
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

root = pathlib.Path(__file__).parents[3]
sys.path[:0] = [str(root / "examples"), str(root / "examples/spark")]
from embed import embed  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--kills", type=int, default=20)
parser.add_argument("--pairs", type=int, default=4000)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
random.seed(options.seed)

model = root / "packages/relbert/test/fixtures/encoder/bert"
relbert = ["node", str(root / "packages/relbert/bin/relbert.js"), "embed", "--format", "arrow", "--model", str(model)]
relbert += ["--template", "<subj> and <obj>", "--pooling", "difference", "--threads", "1"]
os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable


def children(pid):
    """Processes that a process started."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            started = (task / "children").read_text().split()
        except FileNotFoundError:  # a thread that has ended since
            continue
        for child in started:
            yield int(child)


def executors():
    """Executors of this cluster: they are children of the Java process that this one started."""
    for java in children(os.getpid()):
        for child in children(java):
            try:
                if b"CoarseGrainedExecutorBackend" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes():
                    yield child
            except OSError:
                pass


words = ["cat", "dog", "Paris", "France", "hot", "cold", "king", "queen", "big", "small"]
pairs = pa.table(
    {
        "id": pa.array(range(options.pairs), pa.int64()),
        "head": [f"{random.choice(words)}{i % 97}" for i in range(options.pairs)],
        "tail": [random.choice(words) for _ in range(options.pairs)],
    }
)
stream = pa.BufferOutputStream()
with ipc.new_stream(stream, pairs.schema) as writer:
    writer.write_table(pairs, max_chunksize=1024)
alone = subprocess.run(relbert, input=stream.getvalue(), stdout=subprocess.PIPE, check=True).stdout
expected = np.stack(ipc.open_stream(alone).read_all()["embedding"].to_numpy(zero_copy_only=False))

with tempfile.TemporaryDirectory() as folder:
    pq.write_table(pairs, f"{folder}/pairs.parquet")
    spark = (
        SparkSession.builder.master("local-cluster[2,1,900]")
        .config("spark.executor.memory", "700m")
        .config("spark.driver.memory", "700m")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.task.maxFailures", "1000")
        .config("spark.deploy.maxExecutorRetries", "-1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "100")
        .config("spark.local.dir", folder)
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    spark.sparkContext.addPyFile(str(root / "examples/relbert_process.py"))
    spark.sparkContext.addPyFile(str(root / "examples/spark/embed.py"))
    kills = runs = 0
    worst = 0.0
    while kills < options.kills:
        target = f"{folder}/vectors-{runs}"
        frame = spark.read.parquet(f"{folder}/pairs.parquet").repartition(16)
        failures = []

        def work():
            try:
                embed(frame, relbert).write.parquet(target)
            except Exception as error:  # noqa: BLE001
                failures.append(error)

        job = threading.Thread(target=work)
        job.start()
        in_run = 0
        while job.is_alive():
            job.join(random.uniform(1, 6))
            # Kill while there is something that was written, at least for the first of a run.
            written = list(pathlib.Path(folder).glob(f"vectors-{runs}/_temporary/**/*.parquet"))
            victims = list(executors())
            if job.is_alive() and kills < options.kills and victims and written:
                os.kill(random.choice(victims), signal.SIGKILL)
                kills += 1
                in_run += 1
        if failures:
            raise SystemExit(f"the job failed: {str(failures[0])[:500]}")
        found = pq.read_table(target)
        ids = found["id"].to_numpy()
        lost, doubled = options.pairs - len(np.unique(ids)), len(ids) - len(np.unique(ids))
        vectors = np.stack(found["embedding"].to_numpy())
        difference = float(np.abs(vectors - expected[ids]).max())
        worst = max(worst, difference)
        words_kept = found.sort_by("id").select(["head", "tail"]).equals(pairs.select(["head", "tail"]))
        print(f"run {runs + 1}: {in_run} executors killed, {lost} rows lost, {doubled} doubled, vectors differ by {difference:.1e}", flush=True)
        if lost or doubled or not words_kept or difference > 1e-5:
            raise SystemExit("rows or vectors are wrong")
        runs += 1
    spark.stop()
print(f"{kills} executors killed in {runs} runs of {options.pairs} pairs: 0 lost, 0 doubled, vectors as of one process (to {worst:.1e})")
