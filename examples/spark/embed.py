"""Embeds a table of word pairs on a Spark cluster.

    spark-submit --py-files examples/relbert_process.py examples/spark/embed.py pairs.parquet vectors.parquet

The table has columns head and tail, and any others, which pass through. Every executor needs Node, relbert and
apache-arrow (npm install -g relbert apache-arrow@21.2.0), and Python with pyarrow and pandas >= 2.2. What follows
`--` goes to relbert: `-- --model NAME`.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql.types import ArrayType, FloatType, StructField, StructType

from relbert_process import COMMAND, embed_batches


def embed(frame, command=COMMAND):
    """The frame with a column `embedding`. List<float>: Spark does not take Arrow's FixedSizeList."""
    schema = StructType([*frame.schema.fields, StructField("embedding", ArrayType(FloatType()))])
    return frame.mapInArrow(lambda batches: embed_batches(batches, command), schema)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    source, target = arguments[:at]
    # A Python worker, and so its relbert, serves one task after the other; with one core an executor has one of them.
    spark = SparkSession.builder.appName("relbert").getOrCreate()
    embed(spark.read.parquet(source), (*COMMAND, *arguments[at + 1 :])).write.parquet(target)
