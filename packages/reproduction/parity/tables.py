"""Compares what `relbert embed` writes as Arrow and Parquet with pyarrow, pandas and polars.

Every type of pyarrow that apache-arrow has goes through `--format arrow` and must come back equal, metadata included.
Usage, in a checkout that is built: python tables.py (needs pyarrow pandas polars).
"""

import datetime
import decimal
import io
import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

root = pathlib.Path(__file__).parents[3]
model = root / "packages/relbert/test/fixtures/encoder/bert"
command = ["node", root / "packages/relbert/bin/relbert.js", "embed", "--model", model, "--template", "a", "--pooling", "cls"]
day, cent = datetime.date(2026, 1, 1), decimal.Decimal("1.23")
lists = [[1, 2], None, [], [3], [4]]

columns = {
    **{str(t): pa.array([1, None, 3, 4, 5], t) for t in [pa.int8(), pa.uint16(), pa.int32(), pa.int64(), pa.float64()]},
    "float16": pa.array(np.arange(5, dtype=np.float16)),
    "uint64": pa.array([2**63 + 1, 2, None, 4, 5], pa.uint64()),
    "float32": pa.array([1.5, None, float("inf"), 4, 5], pa.float32()),
    "bool": pa.array([True, False, None, True, True]),
    **{str(t): pa.array([b"a", b"\xff", None, b"", b"more than twelve bytes"], t) for t in [pa.binary(), pa.large_binary(), pa.binary_view()]},
    **{str(t): pa.array(["ä", "日本", None, "", "more than twelve bytes"], t) for t in [pa.string(), pa.large_string(), pa.string_view()]},
    "fixed": pa.array([b"aa", None, b"bb", b"cc", b"dd"], pa.binary(2)),
    **{str(t): pa.array([cent] * 5, t) for t in [pa.decimal32(5, 2), pa.decimal64(9, 2), pa.decimal128(10, 2), pa.decimal256(50, 2)]},
    **{str(t): pa.array([day] * 5, t) for t in [pa.date32(), pa.date64()]},
    **{str(t): pa.array([1, None, 3, 4, 5], t) for t in [pa.timestamp("us", "Europe/Berlin"), pa.timestamp("ns"), pa.time32("ms"), pa.time64("ns"), pa.duration("ns")]},
    "interval": pa.array([pa.MonthDayNano([1, 15, -30])] * 5, pa.month_day_nano_interval()),
    **{str(t): pa.array(lists, t) for t in [pa.list_(pa.int64()), pa.large_list(pa.int32())]},
    "fixed list": pa.array([[1, 2], None, [2, 2], [3, 3], [4, 4]], pa.list_(pa.float32(), 2)),
    "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}, {"a": 1, "b": None}, {"a": 2, "b": "z"}]),
    "map": pa.array([[("a", 1)], None, [], [("b", 2), ("c", 3)], []], pa.map_(pa.string(), pa.int32())),
    "dictionary": pa.array(["p", "q", "p", None, "q"]).dictionary_encode(),
    "null": pa.nulls(5),
    "sparse union": pa.UnionArray.from_sparse(pa.array([0, 1, 0, 1, 0], pa.int8()), [pa.array(range(5)), pa.array(list("abcde"))]),
    "dense union": pa.UnionArray.from_dense(pa.array([0, 1, 0, 1, 0], pa.int8()), pa.array([0, 0, 1, 1, 2], pa.int32()), [pa.array([1, 2, 3]), pa.array(["a", "b"])]),
    "uuid": pa.array([bytes(range(16))] * 5, pa.uuid()),
}
words = {"head": pa.array(list("abcde")), "tail": pa.array(list("vwxyz"))}
arrays = {"id": pa.array([2**62, 1, 2, 3, 4]), **words, **columns}
schema = pa.schema([pa.field(name, a.type, metadata={"unit": name}) for name, a in arrays.items()], {"made by": "a test"})
batch = pa.record_batch(list(arrays.values()), schema=schema)
batches = [batch, batch.slice(1, 2), batch.slice(0, 0), batch]

stream = io.BytesIO()
with ipc.new_stream(stream, schema) as writer:
    for part in batches:
        writer.write_batch(part)
out = subprocess.run([*command, "--format", "arrow"], input=stream.getvalue(), stdout=subprocess.PIPE, check=True).stdout
found = list(ipc.open_stream(out))
assert [part.num_rows for part in found] == [part.num_rows for part in batches]
for before, after in zip(batches, found):
    after.validate(full=True)
    assert after.schema.field("embedding").type == pa.list_(pa.float32())
    rest = after.drop_columns(["embedding"])
    assert rest.schema.equals(schema, check_metadata=True)
    for name in schema.names:
        assert rest[name].equals(before[name]), name

with tempfile.TemporaryDirectory() as folder:
    pairs = pathlib.Path(folder, "pairs.jsonl")
    pairs.write_text('{"head":"a","tail":"b","id":1,"score":0.5,"ok":true}\n{"head":"日本","tail":"d","score":2}\n', "utf8")
    for name in ["v.parquet", "v.arrow"]:
        subprocess.run([*command, "--pairs", pairs, "--output", pathlib.Path(folder, name)], check=True)
    table = pq.read_table(f"{folder}/v.parquet")
    assert table.schema.names == ["head", "tail", "id", "score", "ok", "embedding"], table.schema
    rows = table.to_pylist()
    assert [(r["head"], r["id"], r["score"], r["ok"]) for r in rows] == [("a", 1, 0.5, True), ("日本", None, 2.0, None)]
    assert ipc.open_file(f"{folder}/v.arrow").read_all().to_pylist() == rows
    assert pl.read_parquet(f"{folder}/v.parquet").to_dicts() == pl.read_ipc(f"{folder}/v.arrow").to_dicts() == rows
    frame = pd.read_parquet(f"{folder}/v.parquet")
    assert frame["embedding"].map(list).tolist() == [r["embedding"] for r in rows]
print(f"{len(columns)} types pass through; Parquet and Arrow read by pyarrow, pandas and polars")
