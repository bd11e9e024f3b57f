"""scikit-learn as a rival, driven line by line by `FastMlp.Benchmarks -- compare`, which takes its probes around each sample.

First line out: "ready VERSION", or "absent REASON". Then each line in has one line out, "ok ..." or "error ...":
  make WHAT 784-128-10 HIDDEN OUTPUT ROWS -> ok ID        WHAT is predict, sgd or adam
  run ID REPEATS                          -> ok SECONDS   of all repeats together, by time.perf_counter
"""

import sys
import time


def make(what, sizes, hidden, output, rows):
    import numpy
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    random = numpy.random.default_rng(1)
    x = random.uniform(-1, 1, (rows, sizes[0])).astype(numpy.float32)
    common = dict(
        hidden_layer_sizes=tuple(sizes[1:-1]),
        activation=hidden,
        solver="adam" if what == "adam" else "sgd",
        learning_rate_init=1e-7 if what == "adam" else 1e-5,
        momentum=0,
        alpha=0,
        batch_size=rows,
        random_state=1,
    )
    if output == "softmax":
        model = MLPClassifier(**common)
        targets = numpy.array([row * 7 % sizes[-1] for row in range(rows)])
        model.partial_fit(x, targets, list(range(sizes[-1])))
        return (lambda: model.predict_proba(x)) if what == "predict" else (lambda: model.partial_fit(x, targets))
    model = MLPRegressor(**common)
    targets = random.uniform(-1, 1, (rows, sizes[-1])).astype(numpy.float32)
    targets = targets if sizes[-1] > 1 else targets[:, 0]
    model.partial_fit(x, targets)
    return (lambda: model.predict(x)) if what == "predict" else (lambda: model.partial_fit(x, targets))


def main():
    try:
        import numpy
        import sklearn
    except ImportError as error:
        print(f"absent {error}", flush=True)
        return
    print(f"ready {sklearn.__version__} (NumPy {numpy.__version__})", flush=True)
    works = []
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == "make":
                works.append(make(words[1], [int(size) for size in words[2].split("-")], words[3], words[4], int(words[5])))
                answer = len(works) - 1
            else:
                work, repeats = works[int(words[1])], range(int(words[2]))
                start = time.perf_counter()
                for _ in repeats:
                    work()
                answer = time.perf_counter() - start
            print(f"ok {answer}", flush=True)
        except Exception as error:  # the other side decides what to make of it
            print("error " + " ".join(str(error).split()), flush=True)


main()
