#!/usr/bin/env python3
"""Makes tests/FastMlp.Cli.Tests/Fixtures/sklearn-*.{onnx,csv,json}: pipelines fitted by scikit-learn, as skl2onnx lays their graphs out, raw rows, and
what scikit-learn answers to them.

Needs python3-sklearn, python3-pandas and python3-onnx (Debian, written against 1.2.1 and 1.12). skl2onnx is not on Debian, so the graphs are put together
here with its operators: an input for each column, Imputer, Scaler, OneHotEncoder, MatMul and Add, ArgMax, ArrayFeatureExtractor, ZipMap.
"""
import json
import os
import sys

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "tests", "FastMlp.Cli.Tests", "Fixtures")
os.makedirs(out, exist_ok=True)
random = np.random.default_rng(5)

ROWS = 150
table = pd.DataFrame({
    "age": random.normal(40, 12, ROWS).astype(np.float32), "fare": random.gamma(2, 15, ROWS).astype(np.float32),
    "sex": random.choice(["male", "female"], ROWS), "port": random.choice(["S", "C", "Q", "Zürich"], ROWS), "deck": random.choice([1, 2, 10], ROWS),
})
table.loc[::9, "age"] = np.nan
score = table["age"].fillna(40) / 20 + table["deck"] / 4 + (table["sex"] == "male") + (table["port"] == "C") * 0.5
NUMBERS, TEXTS, INTEGERS = ["age", "fare"], ["sex", "port"], ["deck"]


def columns():
    return ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
        ("texts", OneHotEncoder(handle_unknown="ignore"), TEXTS),
        ("integers", OneHotEncoder(handle_unknown="ignore"), INTEGERS)])


def graph(pipeline, classes):
    transformer, model = pipeline.steps[0][1], pipeline.steps[1][1]
    nodes, weights = [], []

    def weight(name, values):
        weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(op, inputs, outputs, domain="", **attributes):
        nodes.append(helper.make_node(op, inputs, [outputs] if isinstance(outputs, str) else outputs, name=f"{op}{len(nodes)}", domain=domain, **attributes))

    imputer, scaler = (step for _, step in transformer.named_transformers_["numbers"].steps)
    add("Concat", NUMBERS, "numbers", axis=1)
    add("Imputer", ["numbers"], "filled", "ai.onnx.ml", imputed_value_floats=[float(v) for v in imputer.statistics_], replaced_value_float=float("nan"))
    add("Scaler", ["filled"], "scaled", "ai.onnx.ml", offset=[float(v) for v in scaler.mean_], scale=[float(1 / v) for v in scaler.scale_])
    add("Concat", TEXTS, "texts", axis=1)
    encoded = []
    for i, categories in enumerate(transformer.named_transformers_["texts"].categories_):
        add("ArrayFeatureExtractor", ["texts", weight(f"place{i}", np.array([i], np.int64))], f"text{i}", "ai.onnx.ml")
        add("OneHotEncoder", [f"text{i}"], f"hot{i}", "ai.onnx.ml", cats_strings=list(categories), zeros=1)
        encoded.append(f"hot{i}")
    add("OneHotEncoder", INTEGERS, "hotdeck", "ai.onnx.ml", cats_int64s=[int(v) for v in transformer.named_transformers_["integers"].categories_[0]], zeros=1)
    add("Concat", [*encoded, "hotdeck"], "hot", axis=2)
    size = sum(len(c) for c in transformer.named_transformers_["texts"].categories_) + len(transformer.named_transformers_["integers"].categories_[0])
    add("Reshape", ["hot", weight("flat", np.array([-1, size], np.int64))], "hotflat")
    add("Concat", ["scaled", "hotflat"], "transformed", axis=1)
    last = "transformed"
    for i, (kernel, bias) in enumerate(zip(model.coefs_, model.intercepts_)):
        add("MatMul", [last, weight(f"coefficient{i}", kernel.astype(np.float32))], f"product{i}")
        add("Add", [f"product{i}", weight(f"intercept{i}", bias.reshape(1, -1).astype(np.float32))], f"sum{i}")
        last = f"sum{i}"
        if i + 1 < len(model.coefs_):
            add({"tanh": "Tanh", "relu": "Relu", "logistic": "Sigmoid"}[model.activation], [last], f"next{i}")
            last = f"next{i}"
    inputs = [helper.make_tensor_value_info(name, kind, [None, 1]) for names, kind in ((NUMBERS, TensorProto.FLOAT), (TEXTS, TensorProto.STRING), (INTEGERS, TensorProto.INT64)) for name in names]
    if classes is None:
        add("Reshape", [last, weight("column", np.array([-1, 1], np.int64))], "variable")
        outputs = [helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, 1])]
    else:
        add("Softmax", [last], "probabilities", axis=1)
        add("ArgMax", ["probabilities"], "index", axis=1, keepdims=0)
        names = helper.make_tensor("classes", TensorProto.STRING, [len(classes)], [c.encode() for c in classes])
        weights.append(names)
        add("ArrayFeatureExtractor", ["classes", "index"], "picked", "ai.onnx.ml")
        add("Reshape", ["picked", weight("labels", np.array([-1], np.int64))], "output_label")
        add("ZipMap", ["probabilities"], "output_probability", "ai.onnx.ml", classlabels_strings=list(classes))
        probability = onnx.ValueInfoProto(name="output_probability")
        entry = probability.type.sequence_type.elem_type.map_type
        entry.key_type = TensorProto.STRING
        entry.value_type.tensor_type.elem_type = TensorProto.FLOAT
        outputs = [helper.make_tensor_value_info("output_label", TensorProto.STRING, [None]), probability]
    model = helper.make_model(helper.make_graph(nodes, "pipeline", inputs, outputs, weights), opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 1)], producer_name="skl2onnx's operators")
    model.ir_version = 8
    return model


def write(name, pipeline, classes, answer):
    rows = table.head(40).copy()
    rows.loc[3, "port"] = "unknown"  # a text that training did not see
    rows.loc[5, "deck"] = 7
    with open(os.path.join(out, f"{name}.onnx"), "wb") as file:
        file.write(graph(pipeline, classes).SerializeToString())
    rows.to_csv(os.path.join(out, f"{name}.csv"), index=False, columns=["port", "deck", "sex", "fare", "age"])
    with open(os.path.join(out, f"{name}.json"), "w") as file:
        json.dump({"classes": classes, "y": np.asarray(answer(rows), np.float64).reshape(-1).tolist()}, file)


target = np.array(["low", "middle", "top"])[np.digitize(score, [4.0, 5.0])]
classifier = make_pipeline(columns(), MLPClassifier((8, 6), activation="tanh", max_iter=300, random_state=1)).fit(table, target)
write("sklearn-classifier", classifier, list(classifier.classes_), classifier.predict_proba)
regressor = make_pipeline(columns(), MLPRegressor((10,), activation="relu", max_iter=300, random_state=1)).fit(table, score)
write("sklearn-regressor", regressor, None, regressor.predict)
