"""Golden values of MLPClassifier: weights and losses after some epochs from a known start, batches in order.

Run: python packages/reproduction/parity/classifier.py > packages/relbert/test/fixtures/evaluate/classifier.json
"""

import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore")  # training ends before it converges


class Recorded(MLPClassifier):
    """Remembers the weights it starts from."""

    def _init_coef(self, fan_in, fan_out, dtype):
        start = super()._init_coef(fan_in, fan_out, dtype)
        self.__dict__.setdefault("start", []).append([part.copy() for part in start])
        return start


def numbers(array):
    return [float(np.float32(value)) for value in np.ravel(array)]


def weights(hidden, output):
    """As the package keeps them: the hidden weights, and everything else in one vector."""
    return {
        "hidden": numbers(hidden[0]),
        "rest": numbers(hidden[1]) + numbers(output[0]) + numbers(output[1]),
    }


def case(classes, items, dimension, hidden, batch, epochs, alpha, rate):
    rng = np.random.default_rng(classes)
    features = rng.standard_normal((items, dimension)).astype(np.float32)
    labels = (features[:, :classes] + 0.3 * rng.standard_normal((items, classes))).argmax(1)
    labels[:classes] = np.arange(classes)
    model = Recorded(
        hidden_layer_sizes=(hidden,),
        batch_size=batch,
        shuffle=False,
        max_iter=epochs,
        alpha=alpha,
        learning_rate_init=rate,
        random_state=1,
    ).fit(features, labels)
    return {
        "items": items,
        "dimension": dimension,
        "classes": classes,
        "hidden": hidden,
        "batch": batch,
        "epochs": epochs,
        "alpha": alpha,
        "learningRate": rate,
        "features": numbers(features),
        "labels": labels.tolist(),
        "start": weights(*model.start),
        "end": weights(*zip(model.coefs_, model.intercepts_)),
        "losses": [float(loss) for loss in model.loss_curve_],
        "predicted": model.predict(features).tolist(),
    }


json.dump(
    {
        "madeBy": f"parity/classifier.py, scikit-learn {sklearn.__version__}",
        "cases": [
            case(classes=4, items=37, dimension=5, hidden=6, batch=10, epochs=4, alpha=0.05, rate=1e-2),
            case(classes=2, items=30, dimension=4, hidden=5, batch=8, epochs=4, alpha=0.05, rate=1e-2),
            case(classes=3, items=20, dimension=4, hidden=3, batch=20, epochs=6, alpha=1e-4, rate=1e-3),
        ],
    },
    sys.stdout,
)
print()
