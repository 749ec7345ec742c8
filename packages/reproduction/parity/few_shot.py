"""Golden scores of linear discriminant analysis with a Ledoit-Wolf covariance, for test/classify/linear.test.ts.

    python few_shot.py > ../../relbert/test/fixtures/classify/discriminant.json
"""

import json

import numpy as np
from sklearn.covariance import ledoit_wolf


def case(items, dimension, classes, seed):
    random = np.random.RandomState(seed)
    labels = np.array([f"c{i % classes}" for i in range(items)])
    centres = random.randn(classes, dimension)
    x = np.float32(centres[np.arange(items) % classes] + random.randn(items, dimension) * np.linspace(0.1, 1, dimension))
    asked = np.float32(random.randn(5, dimension))
    unit = lambda rows: rows / np.linalg.norm(rows, axis=1, keepdims=True)
    rows = unit(x.astype(np.float64))
    names = np.unique(labels)
    means = np.array([rows[labels == name].mean(0) for name in names])
    residuals = rows - means[np.searchsorted(names, labels)]
    covariance, shrinkage = ledoit_wolf(residuals, assume_centered=True)
    directions = np.linalg.solve(covariance, means.T).T
    bias = -0.5 * (directions * means).sum(1) + np.log([np.mean(labels == name) for name in names])
    scores = unit(asked.astype(np.float64)) @ directions.T + bias
    return {
        "labels": labels.tolist(),
        "features": x.flatten().tolist(),
        "dimension": dimension,
        "shrinkage": shrinkage,
        "asked": asked.flatten().tolist(),
        "scores": scores.flatten().tolist(),
    }


print(json.dumps({"more items than features": case(61, 6, 3, 1), "fewer": case(9, 16, 2, 2)}))
