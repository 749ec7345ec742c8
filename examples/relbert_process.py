"""`relbert embed --format arrow` as a process that stays: a record batch in, the same batch with embeddings out."""

import subprocess
import tempfile

import pyarrow as pa
import pyarrow.ipc as ipc

COMMAND = ("relbert", "embed", "--format", "arrow")


class RelbertProcess:
    """One process, one Arrow stream. It ends when this object, or the process that holds it, does."""

    def __init__(self, schema, command=COMMAND):
        self.messages = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.messages)
        self.writer = ipc.new_stream(self.process.stdin, schema)
        self.reader = None

    def embed(self, batch):
        """The batch with a column `embedding`. RuntimeError where the process ends, or rows are lost."""
        # The process reads a batch whole before it answers, so that neither waits for the other for ever.
        try:
            self.writer.write_batch(batch)
            self.process.stdin.flush()
            if self.reader is None:
                self.reader = ipc.open_stream(self.process.stdout)
            found = self.reader.read_next_batch()
        except (OSError, StopIteration, pa.ArrowInvalid) as error:
            code = self.process.wait()
            self.messages.seek(0)
            raise RuntimeError(f"relbert ended with {code}: {self.messages.read().decode()[-2000:]}") from error
        if found.num_rows != batch.num_rows:
            raise RuntimeError(f"relbert answered {found.num_rows} rows for {batch.num_rows}")
        return found


_processes = {}


def embed_batches(batches, command=COMMAND):
    """The batches with embeddings, by a process that later calls in this Python process use again."""
    for batch in batches:
        key = (tuple(command), str(batch.schema))
        process = _processes.get(key)
        if process is None or process.process.poll() is not None:
            process = _processes[key] = RelbertProcess(batch.schema, command)
        yield process.embed(batch)
