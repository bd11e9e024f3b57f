"""The Python rivals, driven line by line by `FastMlp.Benchmarks -- peers`, which takes the FMA probes around each sample.

Usage: peers.py torch | torch-jit | sklearn [threads]
First line out: "ready VERSION", or "absent REASON". Then each line in has one line out, "ok ..." or "error ...":
  make WHAT 784-128-10 HIDDEN OUTPUT ROWS -> ok ID         WHAT is forward, sgd, adam, dw or dx
  run ID REPEATS                          -> ok SECONDS    of all repeats together, by time.perf_counter
  quantile ID QUANTILE SECONDS MOST       -> ok SECONDS    of single calls, for so long or so many of them
"""

import sys
import time

RATE = 1e-5


def torch_work(what, sizes, hidden, output, rows, jit):
    import torch

    generator = torch.Generator().manual_seed(1)
    x = torch.rand((rows, sizes[0]), generator=generator) * 2 - 1
    if what in ("dw", "dx"):
        delta = torch.rand((rows, sizes[1]), generator=generator) * 2 - 1
        left, right = (delta.T, x) if what == "dw" else (delta, torch.rand((sizes[1], sizes[0]), generator=generator) * 2 - 1)
        product = torch.empty((left.shape[0], right.shape[1]))
        return lambda: torch.mm(left, right, out=product)
    functions = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "softmax": lambda: torch.nn.Softmax(dim=1)}
    layers = []
    for i in range(1, len(sizes)):
        layers.append(torch.nn.Linear(sizes[i - 1], sizes[i]))
        last = i == len(sizes) - 1
        # Training takes the cross-entropy from the logits.
        name = ("identity" if what != "forward" else output) if last else hidden
        if name != "identity":
            layers.append(functions[name]())
    model = torch.nn.Sequential(*layers)

    if what == "forward":
        model.eval()
        if jit:
            model = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, x)))

        def forward():
            with torch.inference_mode():
                model(x)

        return forward

    kind = torch.optim.SGD if what == "sgd" else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=RATE if what == "sgd" else 1e-7)
    if output == "identity":
        targets, loss = torch.rand((rows, sizes[-1]), generator=generator) * 2 - 1, torch.nn.MSELoss()
    else:
        targets, loss = torch.tensor([row * 7 % sizes[-1] for row in range(rows)]), torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss(model(x), targets).backward()
        optimizer.step()

    return step


def sklearn_work(what, sizes, hidden, output, rows):
    import numpy
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    random = numpy.random.default_rng(1)
    x = random.uniform(-1, 1, (rows, sizes[0])).astype(numpy.float32)
    common = dict(
        hidden_layer_sizes=tuple(sizes[1:-1]),
        activation=hidden,
        solver="adam" if what == "adam" else "sgd",
        learning_rate_init=RATE if what != "adam" else 1e-7,
        momentum=0,
        alpha=0,
        batch_size=rows,
        random_state=1,
    )
    if output == "softmax":
        model = MLPClassifier(**common)
        classes = list(range(sizes[-1]))
        labels = numpy.array([row * 7 % sizes[-1] for row in range(rows)])
        model.partial_fit(x, labels, classes)
        return (lambda: model.predict_proba(x)) if what == "forward" else (lambda: model.partial_fit(x, labels))
    model = MLPRegressor(**common)
    targets = random.uniform(-1, 1, (rows, sizes[-1])).astype(numpy.float32)
    targets = targets if sizes[-1] > 1 else targets[:, 0]
    model.partial_fit(x, targets)
    return (lambda: model.predict(x)) if what == "forward" else (lambda: model.partial_fit(x, targets))


def quantile_of(work, quantile, seconds, most):
    times = []
    end = time.perf_counter() + seconds
    while len(times) < most:
        start = time.perf_counter()
        work()
        stop = time.perf_counter()
        times.append(stop - start)
        if stop > end:
            break
    return sorted(times)[int(quantile * (len(times) - 1))]


def main():
    kind, threads = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    try:
        if kind == "sklearn":
            import numpy
            import sklearn

            version = f"{sklearn.__version__} (NumPy {numpy.__version__})"
        else:
            import torch

            torch.set_num_threads(threads)
            version = torch.__version__
    except ImportError as error:
        print(f"absent {error}", flush=True)
        return
    print(f"ready {version}", flush=True)

    works = []
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == "make":
                what, sizes, hidden, output, rows = words[1], [int(s) for s in words[2].split("-")], words[3], words[4], int(words[5])
                if kind == "sklearn":
                    works.append(sklearn_work(what, sizes, hidden, output, rows))
                else:
                    works.append(torch_work(what, sizes, hidden, output, rows, kind == "torch-jit"))
                answer = len(works) - 1
            elif words[0] == "quantile":
                answer = quantile_of(works[int(words[1])], float(words[2]), float(words[3]), int(words[4]))
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
