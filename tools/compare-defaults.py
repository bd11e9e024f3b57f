#!/usr/bin/env python3
"""`fastmlp train` without options beside scikit-learn's MLP (scaled, its defaults) and a linear model, on real data sets.

    tools/install-datasets.sh
    dotnet build -c Release tools/FastMlp.Cli
    python3 tools/compare-defaults.py [--sets chosen|reported|NAME,...] [--seeds 3] [--side LABEL=OPTIONS]... [--results FILE]

Each seed holds out a quarter of the rows, of classes the same share of each, and every side trains on the same rest.
The score is R2 of values and accuracy of classes (with the log loss beside it). Defaults were chosen on the sets of CHOSEN
alone; the table to publish is that of REPORTED. Results go to a file of JSON lines and are not computed again, so delete
the lines of a side that has changed, or give it another label: --side new --side "quick=--quick".

Needs Debian's python3-sklearn. Every side runs on one thread.
"""
import argparse
import collections
import csv
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore", ConvergenceWarning)
root = pathlib.Path(__file__).resolve().parent.parent

# The sets are divided once, by name: the project's defaults are chosen on the first and reported on the second.
CHOSEN = {
    "regress": ["boston", "ozone", "sacramento", "biomass", "cpus", "nlschools", "mpg", "fann-abelone", "fann-building", "fann-kin32fm"],
    "classify": ["pima", "glass", "ionosphere", "sonar", "vehicle", "segment", "credit-g", "vote", "hpc", "phone-churn"],
}
REPORTED = {
    "regress": ["concrete", "friedman1", "car-prices", "ames", "meats", "servo", "diamonds", "fann-bank32fm", "fann-bank32nh", "fann-census-house", "fann-pumadyn-32fm", "built-in-diabetes"],
    "classify": ["vowel", "satellite", "dna", "letter", "shuttle", "zoo", "soybean", "recurrence", "labor", "attrition", "cells", "credit", "lending-club", "telco-churn",
                 "fann-gene", "fann-thyroid", "built-in-digits", "built-in-wine", "built-in-breast-cancer"],
}
TASKS = {name: task for part in (CHOSEN, REPORTED) for task, names in part.items() for name in names}


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, rows


def split(name, rows, seed):
    """The same for every side: a quarter is held out."""
    last = [row[-1] for row in rows]
    counts = collections.Counter(last)
    stratify = last if TASKS[name] == "classify" and min(counts.values()) > 1 else None
    return train_test_split(rows, test_size=0.25, random_state=seed, stratify=stratify)


def encode(train, test):
    """Numbers with the median for gaps; other columns as one column for each text of the training rows; all standardized."""
    parts = []
    for column in range(len(train[0]) - 1):
        here, there = [row[column] for row in train], [row[column] for row in test]
        try:
            known = [float(v) for v in here if v != ""]
            [float(v) for v in there if v != ""]
        except ValueError:
            texts = sorted(set(here))
            if len(texts) <= 100:
                parts.append(tuple(np.array([[float(v == text) for text in texts] for v in side]) for side in (here, there)))
            continue
        middle = float(np.median(known)) if known else 0.0
        parts.append(tuple(np.array([[middle if v == "" else float(v)] for v in side]) for side in (here, there)))
    x, z = (np.hstack([part[side] for part in parts]) for side in (0, 1))
    scaler = StandardScaler().fit(x)
    return scaler.transform(x), scaler.transform(z)


def theirs(kind, name, train, test, seed):
    x, z = encode(train, test)
    before = time.perf_counter(), time.process_time()
    if TASKS[name] == "regress":
        y, truth = (np.array([float(row[-1]) for row in side]) for side in (train, test))
        # Values are standardized too: MLPRegressor does not get far on raw prices.
        model = TransformedTargetRegressor(MLPRegressor(random_state=seed) if kind == "mlp" else RidgeCV(np.logspace(-3, 4, 15)), transformer=StandardScaler())
        model.fit(x, y)
        result = {"r2": r2_score(truth, model.predict(z))}
    else:
        y, truth = ([row[-1] for row in side] for side in (train, test))
        model = MLPClassifier(random_state=seed) if kind == "mlp" else LogisticRegression(max_iter=1000)
        model.fit(x, y)
        result = {"accuracy": accuracy_score(truth, model.predict(z))}
        if set(truth) <= set(model.classes_):
            result["loss"] = log_loss(truth, model.predict_proba(z), labels=model.classes_)
    return {**result, "seconds": time.perf_counter() - before[0], "cpu": time.process_time() - before[1]}


def ours(program, options, name, header, train, test, seed, folder):
    for part, rows in (("train", train), ("test", test)):
        with open(f"{folder}/{part}.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])
    command = ["dotnet", program, "train", f"{folder}/train.csv", "--test", f"{folder}/test.csv", "--target", header[-1], "--task", TASKS[name],
               "--missing", "median", "--seed", str(seed), "--threads", "1", "--out", f"{folder}/model.safetensors", "--json", *options]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    said = json.loads(done.stdout)
    result = {key: said["test"][key] for key in ("r2", "accuracy", "loss") if key in said["test"]}
    if TASKS[name] == "regress":
        result.pop("loss", None)
    return {**result, "seconds": seconds, "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            "options": said["training"]["options"], "chosen": said["training"].get("chosen")}


def table(names, sides, results, seeds):
    score = {"regress": "r2", "classify": "accuracy"}

    def scores(name, side):
        return [results[name, seed, side].get(score[TASKS[name]], float("nan")) for seed in range(seeds) if (name, seed, side) in results]

    print("| data | score | " + " | ".join(sides) + " |")
    print("|---|---|" + "---|" * len(sides))
    for name in names:
        cells = []
        for side in sides:
            values = scores(name, side)
            cells.append(f"{np.mean(values):.3f}" if values else "")
        print(f"| {name} | {'R2' if TASKS[name] == 'regress' else 'accuracy'} | " + " | ".join(cells) + " |")
    print()
    for mine in sides:
        if mine in ("mlp", "linear"):
            continue
        for other in sides:
            if other == mine:
                continue
            better, worse, margins = 0, [], []
            for name in names:
                a, b = np.array(scores(name, mine)), np.array(scores(name, other))
                if len(a) != len(b) or len(a) < 2:
                    continue
                gap, error = (a - b).mean(), (a - b).std(ddof=1) / np.sqrt(len(a))
                margins.append(np.clip(gap, -0.2, 0.2))
                better += gap > 0
                if gap < -error and gap < 0:
                    worse.append(f"{name} {gap:+.3f}+-{error:.3f}")
            print(f"{mine} against {other}: mean {np.mean(margins):+.4f} (clipped at 0.2), better on {better} of {len(margins)}; worse by more than a standard error on {len(worse)}: {', '.join(worse)}")
        losses = [(results[n, s, mine]["loss"], results[n, s, "mlp"]["loss"]) for n in names for s in range(seeds)
                  if "loss" in results.get((n, s, mine), {}) and "loss" in results.get((n, s, "mlp"), {})]
        if losses:
            print(f"{mine}: mean log loss {np.mean([a for a, _ in losses]):.4f}, of mlp {np.mean([b for _, b in losses]):.4f}")
        spent = [results[n, s, mine] for n in names for s in range(seeds) if (n, s, mine) in results]
        print(f"{mine}: {sum(r['seconds'] for r in spent):.0f} s, {sum(r['cpu'] for r in spent):.0f} s of CPU")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="reported")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--side", action="append", default=[], help="LABEL or LABEL=OPTIONS of fastmlp train; mlp and linear always stand beside them")
    parser.add_argument("--folder", default=str(pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "fastmlp-datasets"))
    parser.add_argument("--results", default="compare-defaults.jsonl")
    parser.add_argument("--program", default=str(root / "tools/FastMlp.Cli/bin/Release/net10.0/FastMlp.Cli.dll"))
    arguments = parser.parse_args()
    part = {"chosen": CHOSEN, "reported": REPORTED}.get(arguments.sets)
    names = [*part["regress"], *part["classify"]] if part else arguments.sets.split(",")
    sides = [("mlp", None), ("linear", None)] + [(label, options.split()) for label, _, options in (side.partition("=") for side in arguments.side or ["fastmlp"])]
    results = {}
    if os.path.exists(arguments.results):
        with open(arguments.results, encoding="utf-8") as file:
            for line in file:
                one = json.loads(line)
                results[one["data"], one["seed"], one["side"]] = one
    with open(arguments.results, "a", encoding="utf-8") as file, tempfile.TemporaryDirectory() as folder:
        for name in names:
            header, rows = read(f"{arguments.folder}/{name}.csv")
            for seed in range(arguments.seeds):
                train, test = split(name, rows, seed)
                for side, options in sides:
                    if (name, seed, side) in results:
                        continue
                    one = theirs(side, name, train, test, seed) if options is None else ours(arguments.program, options, name, header, train, test, seed, folder)
                    results[name, seed, side] = one
                    file.write(json.dumps({"data": name, "seed": seed, "side": side, **one}) + "\n")
                    file.flush()
            print(name, file=sys.stderr)
    table(names, [side for side, _ in sides], results, arguments.seeds)


main()
