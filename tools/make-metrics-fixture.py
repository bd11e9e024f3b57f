#!/usr/bin/env python3
"""Writes tests/FastMlp.Tests/Metrics/scikit-learn.json: made-up answers, and what scikit-learn measures of them.

Needs Debian's python3-sklearn. Probabilities are sixteenths, so that they have ties and are exact in every format.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn import metrics as m

random = np.random.default_rng(5)


def sixteenths(rows, columns):
    """Rows of whole sixteenths that add up to one."""
    return random.multinomial(16, np.ones(columns) / columns, size=rows) / 16.0


def averages(truth, given, labels=None):
    return {
        name: [float(figure(truth, given, average=name, zero_division=0, labels=labels)) for figure in (m.precision_score, m.recall_score, m.f1_score)]
        for name in ("macro", "micro", "weighted")
    }


def binary():
    labels = random.integers(0, 2, 60)
    scores = np.clip(np.round((labels * 3 + random.normal(6.5, 3, 60))), 0, 16) / 16.0
    given = (scores > 0.5).astype(int)
    false, true, _ = m.roc_curve(labels, scores, drop_intermediate=False)
    return {
        "labels": labels.tolist(), "outputs": scores.tolist(),
        "accuracy": m.accuracy_score(labels, given), "auc": m.roc_auc_score(labels, scores),
        "logLoss": m.log_loss(labels, scores.astype(np.float32)), "averages": averages(labels, given),
        "brier": m.brier_score_loss(labels, scores), "averagePrecision": m.average_precision_score(labels, scores),
        "roc": [false.tolist(), true.tolist()],
    }


def classes():
    # Of five classes, class 3 is never true and class 4 neither true nor given.
    labels = random.choice([0, 1, 2], 80, p=[0.5, 0.3, 0.2])
    outputs = np.hstack([sixteenths(80, 4), np.zeros((80, 1))])
    for row, label in enumerate(labels):
        if row % 3 and outputs[row, label] < outputs[row].max():
            best = outputs[row].argmax()
            outputs[row, [label, best]] = outputs[row, [best, label]]
    given = outputs.argmax(axis=1)
    areas = [m.roc_auc_score(labels == c, outputs[:, c]) for c in range(3)]
    each = m.precision_recall_fscore_support(labels, given, labels=range(5), zero_division=0)
    clipped = np.maximum(outputs[np.arange(80), labels], np.finfo(np.float32).eps)
    return {
        "labels": labels.tolist(), "outputs": outputs.ravel().tolist(),
        "confusion": m.confusion_matrix(labels, given, labels=range(5)).ravel().tolist(),
        "accuracy": m.accuracy_score(labels, given), "balanced": float(m.recall_score(labels, given, average="macro", labels=[0, 1, 2])),
        "top2": float(m.top_k_accuracy_score(labels, outputs - 1e-9 * np.arange(5), k=2, labels=range(5))),  # the first of equals
        "brier": float(((outputs - np.eye(5)[labels]) ** 2).sum(axis=1).mean()),
        "averagePrecision": [m.average_precision_score(labels == c, outputs[:, c]) for c in range(3)],
        "auc": float(np.mean(areas)), "logLoss": float(-np.log(clipped).mean()),
        "averages": averages(labels, given), "perClass": [np.asarray(row, float).tolist() for row in each],
    }


def many_labels():
    # Label 3 is never true.
    targets = (random.random((50, 4)) < [0.5, 0.2, 0.8, 0]).astype(int)
    outputs = np.clip(np.round(targets * 4 + random.normal(6, 3, (50, 4))), 0, 16) / 16.0
    given = (outputs > 0.5).astype(int)
    present = sorted(set(range(4)) & set(np.flatnonzero(targets.any(axis=0) | given.any(axis=0))))
    losses = [m.log_loss(targets[:, j], outputs[:, j].astype(np.float32), labels=[0, 1]) for j in range(4)]
    return {
        "targets": targets.ravel().tolist(), "outputs": outputs.ravel().tolist(),
        "exact": m.accuracy_score(targets, given), "hamming": m.hamming_loss(targets, given),
        "averages": averages(targets, given, labels=present),
        "auc": m.roc_auc_score(targets[:, :3], outputs[:, :3], average="macro"), "logLoss": float(np.mean(losses)),
    }


def values():
    # The second column of targets never changes.
    targets = np.column_stack([np.round(random.normal(40, 30, 70) * 4) / 4, np.full(70, 2.5)])
    answers = targets + np.round(random.normal(0, 9, (70, 2)) * 8) / 8
    return {
        "targets": targets.ravel().tolist(), "answers": answers.ravel().tolist(),
        "mse": m.mean_squared_error(targets, answers), "mae": m.mean_absolute_error(targets, answers),
        "r2": m.r2_score(targets, answers), "mape": m.mean_absolute_percentage_error(targets, answers),
        "first": [m.mean_squared_error(targets[:, 0], answers[:, 0]) ** 0.5, m.mean_absolute_error(targets[:, 0], answers[:, 0]),
                  m.r2_score(targets[:, 0], answers[:, 0]), m.mean_absolute_percentage_error(targets[:, 0], answers[:, 0]),
                  m.max_error(targets[:, 0], answers[:, 0])],
    }


root = pathlib.Path(__file__).resolve().parent.parent
fixture = {"scikit-learn": sklearn.__version__, "binary": binary(), "classes": classes(), "labels": many_labels(), "values": values()}
text = json.dumps(fixture, indent=1).replace("\n   ", " ").replace("\n  ]", " ]")
(root / "tests/FastMlp.Tests/Metrics/scikit-learn.json").write_text(text + "\n")
