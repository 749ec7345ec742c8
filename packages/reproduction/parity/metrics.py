"""Golden values of classification scores (scikit-learn) and of McNemar's exact test (scipy's binomial test).

Run: python packages/reproduction/parity/metrics.py > packages/relbert/test/fixtures/evaluate/metrics.json
"""

import json
import random
import sys
import warnings

import scipy
import sklearn
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

warnings.simplefilter("ignore")  # zero divisions are among the cases
random.seed(0)


def scores(truth, predicted):
    labels = sorted(set(truth) | set(predicted))
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted)
    return {
        "truth": truth,
        "predicted": predicted,
        "accuracy": accuracy_score(truth, predicted),
        "macroF1": f1_score(truth, predicted, average="macro"),
        "microF1": f1_score(truth, predicted, average="micro"),
        "perClass": {
            label: {"precision": precision[i], "recall": recall[i], "f1": f1[i], "support": int(support[i])}
            for i, label in enumerate(labels)
        },
        "confusion": {"labels": labels, "counts": confusion_matrix(truth, predicted, labels=labels).tolist()},
    }


cases = [
    (["a"], ["a"]),
    (["a"], ["b"]),
    (["a", "a", "b"], ["a", "a", "a"]),  # b is never predicted
    (["a", "a", "a"], ["a", "c", "a"]),  # c is predicted but never true
    (["hyper", "Random", "hyper", "é"], ["Random", "hyper", "é", "hyper"]),  # nothing right; order by code point
]
for classes, size in [(2, 40), (3, 60), (7, 120), (7, 12)]:
    truth = [chr(97 + random.randrange(classes)) for _ in range(size)]
    predicted = [t if random.random() < 0.6 else chr(97 + random.randrange(classes)) for t in truth]
    cases.append((truth, predicted))

mcnemar = [(0, 0), (1, 0), (0, 5), (5, 5), (6, 2), (10, 25), (120, 90), (900, 700), (0, 2000)]
json.dump(
    {
        "madeBy": f"parity/metrics.py, scikit-learn {sklearn.__version__}, scipy {scipy.__version__}",
        "classification": [scores(*case) for case in cases],
        "mcnemar": [
            {"onlyFirst": b, "onlySecond": c, "pValue": binomtest(b, b + c, 0.5).pvalue if b + c else 1.0}
            for b, c in mcnemar
        ],
    },
    sys.stdout,
)
print()
