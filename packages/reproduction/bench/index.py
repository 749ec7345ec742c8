"""The other side of bench/index.ts: faiss, hnswlib and usearch on the same vectors, one thread, one query a call.

usage: python index.py VECTORS.npy QUERIES.npy TRUTH.npy   (unit vectors [n, D], [q, D]; int32 rows [q, 10])
Prints a JSON list of {name, build, recall, p50, cpu}: CPU seconds of the build, recall@10, milliseconds a query.
"""
import json
import math
import sys
import time

import numpy as np

vectors, queries, truth = (np.load(path, mmap_mode=None) for path in sys.argv[1:4])
n, dimension = vectors.shape
results = []


def measure(name, build_seconds, search):
    hits, times = 0, []
    search(queries[0])
    before = time.process_time()
    for query, right in zip(queries, truth):
        start = time.perf_counter()
        found = search(query)
        times.append(time.perf_counter() - start)
        hits += len(set(int(i) for i in found) & set(int(i) for i in right))
    cpu = (time.process_time() - before) / len(queries)
    results.append({"name": name, "build": build_seconds, "recall": hits / truth.size,
                    "p50": float(np.median(times)) * 1000, "cpu": cpu * 1000})
    print(results[-1], file=sys.stderr)


def built(build):
    before = time.process_time()
    index = build()
    return index, time.process_time() - before


try:
    import faiss

    faiss.omp_set_num_threads(1)
    lists = max(1, round(4 * math.sqrt(n)))

    def ivf():
        index = faiss.index_factory(dimension, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.train(vectors[np.linspace(0, n - 1, min(n, 40 * lists)).astype(int)])
        index.add(vectors)
        return index

    index, seconds = built(ivf)
    for probes in (32, 64, 128):
        index.nprobe = probes
        measure(f"faiss IVF{lists},SQ8, nprobe {probes}", seconds, lambda q: index.search(q[None], 10)[1][0])

    def hnsw():
        index = faiss.index_factory(dimension, "HNSW16,SQ8", faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 128
        index.train(vectors[:100_000])
        index.add(vectors)
        return index

    index, seconds = built(hnsw)
    for ef in (64, 128):
        index.hnsw.efSearch = ef
        measure(f"faiss HNSW16,SQ8, ef {ef}", seconds, lambda q: index.search(q[None], 10)[1][0])
except ImportError:
    print("faiss is not installed", file=sys.stderr)

try:
    import hnswlib

    def build_hnswlib():
        index = hnswlib.Index("cosine", dimension)
        index.init_index(n, ef_construction=128, M=16)
        index.set_num_threads(1)
        index.add_items(vectors)
        return index

    index, seconds = built(build_hnswlib)
    for ef in (64, 128):
        index.set_ef(ef)
        measure(f"hnswlib f32, ef {ef}", seconds, lambda q: index.knn_query(q, 10)[0][0])
except ImportError:
    print("hnswlib is not installed", file=sys.stderr)

try:
    from usearch.index import Index

    def build_usearch():
        index = Index(ndim=dimension, metric="cos", dtype="bf16", connectivity=16, expansion_add=128)
        index.add(np.arange(n), vectors, threads=1)
        return index

    index, seconds = built(build_usearch)
    for ef in (64, 128):
        index.expansion_search = ef
        measure(f"usearch bf16, ef {ef}", seconds, lambda q: index.search(q, 10).keys)
except ImportError:
    print("usearch is not installed", file=sys.stderr)

print(json.dumps(results))
