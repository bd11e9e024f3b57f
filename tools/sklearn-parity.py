#!/usr/bin/env python3
"""scikit-learn's MLPClassifier and MLPRegressor beside FastMlp's: the same data, splits and settings, ten seeds each.

    dotnet build -c Release tools/FastMlp.Parity
    python3 tools/sklearn-parity.py [--mnist FOLDER] [--seeds 10] [--only NAME,...] [--write]

Needs Debian's python3-sklearn. MNIST is left out without its folder of idx files. --write puts the table into
docs/scikit-learn.md. The two sides take turns, fit by fit, so that a busy machine slows both.
"""
import argparse
import csv
import gzip
import json
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore", ConvergenceWarning)
root = pathlib.Path(__file__).resolve().parent.parent

# What differs from the defaults of both sides.
cases = [
    ("digits", "digits", {}),
    ("digits, early stopping", "digits", {"early_stopping": True}),
    ("digits, adaptive SGD", "digits", {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.05, "max_iter": 100}),
    ("iris", "iris", {}),
    ("iris, L-BFGS", "iris", {"solver": "lbfgs", "alpha": 0.1}),
    ("wine", "wine", {}),
    ("breast cancer", "breast-cancer", {}),
    ("breast cancer, tanh (50, 50)", "breast-cancer", {"activation": "tanh", "hidden_layer_sizes": [50, 50]}),
    ("diabetes", "diabetes", {"max_iter": 500, "learning_rate_init": 0.01}),
    ("diabetes, L-BFGS", "diabetes", {"solver": "lbfgs", "alpha": 100.0, "hidden_layer_sizes": [20]}),
    ("MNIST", "mnist", {"max_iter": 10}),
]


def built_in(name):
    """A data set of src/FastMlp.Data; the last column is the target."""
    with gzip.open(root / f"src/FastMlp.Data/BuiltIn/Datasets/{name}.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    x = np.array([[float(v) for v in row[:-1]] for row in rows], np.float32)
    last = [row[-1] for row in rows]
    if name == "diabetes":
        return x, np.array(last, np.float32), 0
    names = sorted(set(last))
    return x, np.array([names.index(v) for v in last], np.int32), len(names)


def idx(path):
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    dimensions = data[3]
    shape = np.frombuffer(data, ">i4", dimensions, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def mnist(folder):
    def part(prefix):
        find = lambda kind: next(p for p in sorted(folder.iterdir()) if p.name.startswith(f"{prefix}-{kind}"))
        images = idx(find("images"))
        return (images.reshape(len(images), -1) / np.float32(255)).astype(np.float32), idx(find("labels")).astype(np.int32)
    return part("train"), part("t10k")


def theirs(order, train, test):
    x, y = train
    start = time.perf_counter()
    if order["scale"]:
        scaler = StandardScaler().fit(x)
        x, test = scaler.transform(x), (scaler.transform(test[0]), test[1])
    parameters = {k: tuple(v) if isinstance(v, list) else v for k, v in order["parameters"].items()}
    model = (MLPClassifier if order["classes"] else MLPRegressor)(random_state=order["seed"], **parameters)
    model.fit(x, y)
    seconds = time.perf_counter() - start
    return model.score(*test), seconds, model.n_iter_


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--mnist", type=pathlib.Path)
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--only", default="", help="data sets, by name")
    options.add_argument("--write", action="store_true")
    options = options.parse_args()
    driver = subprocess.Popen(["dotnet", str(root / "tools/FastMlp.Parity/bin/Release/net10.0/FastMlp.Parity.dll")],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ours(order, train, test):
        for name, array in (("train-x", train[0]), ("train-y", train[1]), ("test-x", test[0]), ("test-y", test[1])):
            np.ascontiguousarray(array).tofile(pathlib.Path(order["folder"]) / name)
        driver.stdin.write(json.dumps(order) + "\n")
        driver.stdin.flush()
        score, seconds, passes = driver.stdout.readline().split()
        return float(score), float(seconds), int(passes)

    lines = ["| data, settings | scikit-learn: mean score +- standard error | FastMlp | difference, within its standard error or better | passes | scikit-learn, s a fit | FastMlp, s a fit |",
             "|---|---|---|---|---|---|---|"]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for label, name, parameters in cases:
            if options.only and name not in options.only.split(","):
                continue
            if name == "mnist" and options.mnist is None:
                print("MNIST is left out: give --mnist FOLDER.", file=sys.stderr)
                continue
            results = {"theirs": [], "ours": []}
            for seed in range(options.seeds):
                if name == "mnist":
                    train, test = mnist(options.mnist)
                    classes = 10
                else:
                    x, y, classes = built_in(name)
                    parts = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=y if classes else None)
                    train, test = (parts[0], parts[2]), (parts[1], parts[3])
                order = {"folder": folder, "features": int(train[0].shape[1]), "classes": classes, "seed": seed,
                         "scale": name != "mnist", "parameters": parameters}
                if seed == 0:
                    # Neither side pays for its first call: code to load there, code to compile here.
                    small = {**order, "parameters": {**parameters, "max_iter": 2}}
                    theirs(small, train, test)
                    ours(small, train, test)
                for side, run in (("theirs", theirs), ("ours", ours)):
                    results[side].append(run(order, train, test))
                    print(f"{label}, seed {seed}, {side}: {results[side][-1]}", file=sys.stderr, flush=True)
            s, f = np.array(results["theirs"]), np.array(results["ours"])
            error = lambda v: v.std(ddof=1) / np.sqrt(len(v))
            behind = s[:, 0].mean() - f[:, 0].mean()
            both = np.hypot(error(s[:, 0]), error(f[:, 0]))
            reached = behind <= both
            failed |= not reached
            setting = ", ".join(f"{k} {v}" for k, v in parameters.items())
            lines.append(f"| {label}{f' ({setting})' if setting else ''} | {s[:, 0].mean():.4f} +- {error(s[:, 0]):.4f} | {f[:, 0].mean():.4f} +- {error(f[:, 0]):.4f} "
                         f"| {-behind:+.4f} +- {both:.4f}, {'yes' if reached else 'no'} | {s[:, 2].mean():.0f}, {f[:, 2].mean():.0f} | {s[:, 1].mean():.3f} | {f[:, 1].mean():.3f} |")
            print(lines[-1], file=sys.stderr, flush=True)
    driver.stdin.close()
    driver.wait()
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), platform.processor())
    lines += ["", f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}, {options.seeds} seeds, {cpu}."]
    print("\n".join(lines))
    if options.write:
        page = root / "docs/scikit-learn.md"
        text = page.read_text(encoding="utf-8")
        head, rest = text.split("<!-- parity -->\n", 1)
        tail = rest.split("<!-- end of parity -->", 1)[1]
        page.write_text(head + "<!-- parity -->\n" + "\n".join(lines) + "\n<!-- end of parity -->" + tail, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
