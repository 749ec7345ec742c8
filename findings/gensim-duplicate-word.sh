#!/usr/bin/env bash
# gensim 4.4.0: each duplicate word of a word2vec file leaves a key None with a vector of zeros.
#
# load_word2vec_format() keeps the first vector of a duplicate word, but does not shrink the list of keys:
# len() still counts the duplicate, index_to_key ends with None, vectors ends with a row of zeros, and
# most_similar() returns (None, nan). No error is raised and nothing is printed at the load.
# A user would expect only the words of the file as keys: here a, b and c.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --only-binary :all: \
  gensim==4.4.0 numpy==2.4.6 scipy==1.17.1 smart_open==9.0.2 >&2

cat > check.py <<'PY'
import platform
import warnings

import gensim
from gensim.models import KeyedVectors

with open("vectors.txt", "w") as file:
    file.write("4 2\na 1 0\na 0 1\nb 1 1\nc -1 0\n")
vectors = KeyedVectors.load_word2vec_format("vectors.txt")
warnings.simplefilter("ignore")  # numpy's "invalid value encountered in divide"
similar = vectors.most_similar("a", topn=10)

print(f"gensim {gensim.__version__}, Python {platform.python_version()}")
print("index_to_key:", vectors.index_to_key)
print("vectors:", vectors.vectors.tolist())
print("most_similar('a'):", similar)
same = (
    vectors.index_to_key == ["a", "b", "c", None]
    and len(vectors) == 4
    and vectors.vectors[3].tolist() == [0, 0]
    and any(word is None and score != score for word, score in similar)
)
print("as described" if same else "CHANGED")
raise SystemExit(0 if same else 1)
PY
venv/bin/python check.py
