"""Golden silhouettes and adjusted Rand indices, for test/cluster/silhouette.test.ts.

    python clusters.py > ../../relbert/test/fixtures/cluster/silhouette.json
"""

import json

import numpy as np
from sklearn.metrics import adjusted_rand_score, silhouette_score

random = np.random.RandomState(5)
rows = np.round(random.randn(40, 3), 3)
a = [int(x) for x in random.randint(0, 4, 40)]
a[0] = 4  # alone
b = [x if random.rand() < 0.7 else int(random.randint(0, 5)) for x in a]
print(
    json.dumps(
        {
            "rows": rows.tolist(),
            "a": a,
            "b": b,
            "silhouette": silhouette_score(rows, a),
            "rand": adjusted_rand_score(a, b),
        }
    )
)
