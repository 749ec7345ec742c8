"""scikit-learn's MLPClassifier on features that bench/classification.ts wrote: macro F1 over seeds, or the time of the grid.

Run: python packages/reproduction/parity/classification.py FOLDER seeds 5 | grid
FOLDER holds train.npy, val.npy, test.npy (float32 [n, D]) and train.txt, val.txt, test.txt (one label a line).
Prints one JSON object.
"""

import json
import sys
import time
import warnings
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore")  # 200 epochs may end before training has converged
folder = Path(sys.argv[1])


def read(split):
    return np.load(folder / f"{split}.npy"), (folder / f"{split}.txt").read_text().split("\n")[:-1]


def macro_f1(model, split):
    features, labels = read(split)
    return f1_score(labels, model.predict(features), average="macro")


features, labels = read("train")
if sys.argv[2] == "seeds":
    scores, epochs = [], []
    for seed in range(int(sys.argv[3])):
        model = MLPClassifier(random_state=seed).fit(features, labels)
        scores.append(macro_f1(model, "test"))
        epochs.append(model.n_iter_)
    print(json.dumps({"macroF1": scores, "epochs": epochs}))
else:
    start = time.perf_counter()
    validation, epochs = [], []
    for rate, hidden in product([1e-3, 1e-4, 1e-5], [100, 150, 200]):
        model = MLPClassifier(hidden_layer_sizes=hidden, learning_rate_init=rate, random_state=0).fit(features, labels)
        validation.append(macro_f1(model, "val"))
        epochs.append(model.n_iter_)
    print(json.dumps({"seconds": time.perf_counter() - start, "validation": validation, "epochs": epochs}))
