#!/usr/bin/env python3
"""Makes the files of tests/FastMlp.Interop.Tests/Fixtures with PyTorch (written against 1.13) and h5py, and the outputs that belong to them.

Needs: python3-torch, python3-h5py (Debian). Keras itself is not on Debian: its files are laid out here as h5py sees those that Keras wrote.
"""
import io
import json
import os
import sys
import zipfile

import h5py
import numpy as np
import torch
from torch import nn

out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "tests", "FastMlp.Interop.Tests", "Fixtures")
os.makedirs(out, exist_ok=True)
torch.manual_seed(7)
expected = {}


def path(name):
    return os.path.join(out, name)


def note(name, module, inputs, **options):
    x = torch.linspace(-1.5, 1.5, 3 * inputs).reshape(3, inputs)
    module.eval()
    with torch.no_grad():
        y = module(x)
    expected[name] = {"x": x.flatten().tolist(), "y": y.double().flatten().tolist(), **options}


plain = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3))
torch.save(plain.state_dict(), path("state.pt"))
note("state.pt", plain, 5, activations=["relu", "tanh", "identity"])
torch.save(plain.state_dict(), path("state-old.pth"), _use_new_zipfile_serialization=False)
note("state-old.pth", plain, 5, activations=["relu", "tanh", "identity"])
torch.save(plain, path("whole.pt"))
note("whole.pt", plain, 5)
torch.save(plain, path("whole-old.pth"), _use_new_zipfile_serialization=False)
note("whole-old.pth", plain, 5)
torch.save(plain.double().state_dict(), path("double.pt"))
note("double.pt", plain.float(), 5, activations=["relu", "tanh", "identity"])

norms = nn.Sequential(nn.Linear(6, 7), nn.BatchNorm1d(7, eps=1e-3), nn.ELU(0.7), nn.Dropout(0.2), nn.Linear(7, 6), nn.LayerNorm(6), nn.LeakyReLU(0.2), nn.Linear(6, 4), nn.PReLU(), nn.Linear(4, 2), nn.Softmax(dim=1))
norms.train()
for _ in range(5):
    norms(torch.randn(16, 6) * 2 + 1)
torch.save(norms, path("norms.pt"))
note("norms.pt", norms, 6)
torch.jit.script(norms.eval()).save(path("norms-script.pt"))
note("norms-script.pt", norms, 6)

torch.save({"epoch": 3, "model_state_dict": plain.state_dict(), "optimizer_state_dict": torch.optim.Adam(plain.parameters()).state_dict(), "best": np.float64(0.25)}, path("checkpoint.pt"))
note("checkpoint.pt", plain, 5, activations=["relu", "tanh", "identity"])

critic = nn.Sequential(nn.Linear(5, 4), nn.ELU(), nn.Linear(4, 1))
both = {f"actor.{k}": v for k, v in plain.state_dict().items()} | {f"critic.{k}": v for k, v in critic.state_dict().items()}
torch.save({"model": both}, path("actor-critic.pt"))
note("actor-critic.pt", critic, 5, activations=["elu", "identity"], part="model.critic")

# Views: one storage, a transposed matrix and a slice of a longer bias.
store = torch.randn(5 * 3 + 9)
views = {"0.weight": store[:15].reshape(5, 3).t(), "0.bias": store[17:23:2]}
torch.save(views, path("views.pt"))
linear = nn.Linear(5, 3)
linear.load_state_dict({"weight": views["0.weight"].clone(), "bias": views["0.bias"].clone()})
note("views.pt", linear, 5, activations=["identity"])


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.critic = nn.Sequential(nn.Linear(6, 4), nn.ELU(), nn.Linear(4, 1))
        self.actor = nn.Sequential(nn.Linear(6, 8), nn.ELU(), nn.Linear(8, 8), nn.ELU(), nn.Linear(8, 2))
        self.normalizer = nn.Identity()

    def forward(self, x):
        return torch.tanh(self.actor(self.normalizer(x)))


policy = Policy()
torch.jit.script(policy).save(path("policy-script.pt"))
note("policy-script.pt", policy, 6)
torch.jit.trace(policy, torch.zeros(1, 6)).save(path("policy-trace.pt"))
note("policy-trace.pt", policy, 6)


def keras_reference(layers, inputs):
    """Double precision: a list of (kernel [in, out], bias, function)."""
    x = np.linspace(-1.5, 1.5, 3 * inputs).astype(np.float32).reshape(3, inputs)
    a = x.astype(np.float64)
    for step in layers:
        a = step(a)
    return {"x": x.flatten().tolist(), "y": a.flatten().tolist()}


random = np.random.default_rng(11)


def dense(n_in, n_out, dtype=np.float32):
    return (random.normal(size=(n_in, n_out)) / np.sqrt(n_in)).astype(dtype), random.normal(size=n_out).astype(dtype)


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def texts(values, fixed):
    return np.array([v.encode() for v in values]) if fixed else np.array(values, dtype=h5py.string_dtype())


def write_layers(group, layers, fixed):
    """layers: name -> list of (weight name, values), in the order of the model, which is not that of the names."""
    group.attrs["layer_names"] = texts(list(layers), fixed)
    for name, weights in layers.items():
        inner = group.create_group(name)
        inner.attrs["weight_names"] = texts([w for w, _ in weights], fixed) if weights else np.array([], dtype=np.float64)
        for weight, values in weights:
            inner.create_dataset(weight, data=values)


relu = lambda z: np.maximum(z, 0)
k1, b1 = dense(4, 6)
k2, b2 = dense(6, 3)

# Keras 2.2: Sequential as a list, no InputLayer, fixed-length names, layer_10 before layer_2.
with h5py.File(path("keras-2.2.h5"), "w", libver="earliest") as f:
    f.attrs["keras_version"] = b"2.2.4"
    f.attrs["backend"] = b"tensorflow"
    f.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": [
        {"class_name": "Dense", "config": {"name": "dense_10", "batch_input_shape": [None, 4], "dtype": "float32", "units": 6, "activation": "relu", "use_bias": True}},
        {"class_name": "Dropout", "config": {"name": "dropout_1", "rate": 0.5}},
        {"class_name": "Dense", "config": {"name": "dense_2", "units": 3, "activation": "softmax", "use_bias": True}}]}).encode()
    write_layers(f.create_group("model_weights"), {"dense_10": [("dense_10_1/kernel:0", k1), ("dense_10_1/bias:0", b1)], "dropout_1": [], "dense_2": [("dense_2_1/kernel:0", k2), ("dense_2_1/bias:0", b2)]}, True)
expected["keras-2.2.h5"] = keras_reference([lambda a: relu(a @ k1 + b1), lambda a: softmax(a @ k2 + b2)], 4)

with h5py.File(path("keras-weights.h5"), "w", libver="earliest") as f:
    write_layers(f, {"dense_10": [("dense_10/kernel:0", k1), ("dense_10/bias:0", b1)], "dropout_1": [], "dense_2": [("dense_2/kernel:0", k2), ("dense_2/bias:0", b2)]}, True)
expected["keras-weights.h5"] = keras_reference([lambda a: relu(a @ k1 + b1), lambda a: softmax(a @ k2 + b2)], 4) | {"activations": ["relu", "softmax"]}

# Keras 1: names of its own, running_std that is a variance.
gamma, beta, mean, var = (random.uniform(0.5, 1.5, 6).astype(np.float32) for _ in range(4))
with h5py.File(path("keras-1.h5"), "w", libver="earliest") as f:
    f.attrs["keras_version"] = b"1.2.2"
    f.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": [
        {"class_name": "Dense", "config": {"name": "dense_1", "batch_input_shape": [None, 4], "output_dim": 6, "activation": "linear"}},
        {"class_name": "BatchNormalization", "config": {"name": "batchnormalization_1", "epsilon": 1e-05, "momentum": 0.9}},
        {"class_name": "Activation", "config": {"name": "activation_1", "activation": "tanh"}},
        {"class_name": "Dense", "config": {"name": "dense_2", "output_dim": 3, "activation": "sigmoid"}}]}).encode()
    write_layers(f.create_group("model_weights"), {
        "dense_1": [("dense_1_W", k1), ("dense_1_b", b1)],
        "batchnormalization_1": [("batchnormalization_1_gamma", gamma), ("batchnormalization_1_beta", beta), ("batchnormalization_1_running_mean", mean), ("batchnormalization_1_running_std", var)],
        "activation_1": [], "dense_2": [("dense_2_W", k2), ("dense_2_b", b2)]}, True)
norm = lambda z: gamma.astype(float) * (z - mean) / np.sqrt(var.astype(float) + 1e-5) + beta
expected["keras-1.h5"] = keras_reference([lambda a: np.tanh(norm(a @ k1 + b1)), lambda a: 1 / (1 + np.exp(-(a @ k2 + b2)))], 4)

# Keras 3 .h5: functional, with a residual sum, variable-length names, dtype as an object, float16 weights.
k3, b3 = dense(6, 6, np.float16)
dt = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
node = lambda *names: [{"args": [[{"class_name": "__keras_tensor__", "config": {"shape": [None, 6], "dtype": "float32", "keras_history": [n, 0, 0]}} for n in names]] if len(names) > 1 else [{"class_name": "__keras_tensor__", "config": {"shape": [None, 6], "dtype": "float32", "keras_history": [names[0], 0, 0]}}], "kwargs": {}}]
functional = {"class_name": "Functional", "config": {"name": "functional", "layers": [
    {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 4], "dtype": "float32", "name": "input_layer"}, "name": "input_layer", "inbound_nodes": []},
    {"module": "keras.layers", "class_name": "Normalization", "config": {"name": "normalization", "axis": [-1], "invert": False}, "name": "normalization", "inbound_nodes": node("input_layer")},
    {"module": "keras.layers", "class_name": "Dense", "config": {"name": "stem", "dtype": dt, "units": 6, "activation": "relu"}, "name": "stem", "inbound_nodes": node("normalization")},
    {"module": "keras.layers", "class_name": "Dense", "config": {"name": "body", "dtype": dt, "units": 6, "activation": {"module": "builtins", "class_name": "function", "config": "silu", "registered_name": "function"}}, "name": "body", "inbound_nodes": node("stem")},
    {"module": "keras.layers", "class_name": "Add", "config": {"name": "add"}, "name": "add", "inbound_nodes": node("stem", "body")},
    {"module": "keras.layers", "class_name": "LeakyReLU", "config": {"name": "leaky", "negative_slope": 0.3}, "name": "leaky", "inbound_nodes": node("add")},
    {"module": "keras.layers", "class_name": "Dense", "config": {"name": "139", "dtype": dt, "units": 3, "activation": "linear"}, "name": "139", "inbound_nodes": node("leaky")}],
    "input_layers": [["input_layer", 0, 0]], "output_layers": [["139", 0, 0]]}}
m4, v4 = random.normal(size=4).astype(np.float32), random.uniform(0.5, 2, 4).astype(np.float32)


def residual(a):
    a = (a - m4) / np.sqrt(v4.astype(float))
    stem = relu(a @ k1 + b1)
    z = stem @ k3.astype(float) + b3.astype(float)
    s = stem + z / (1 + np.exp(-z))
    s = np.where(s >= 0, s, 0.3 * s)
    return s @ k2 + b2


with h5py.File(path("keras-3.h5"), "w") as f:
    f.attrs["keras_version"] = "3.5.0"
    f.attrs["model_config"] = json.dumps(functional)
    write_layers(f.create_group("model_weights"), {"input_layer": [], "normalization": [("normalization/mean", m4), ("normalization/variance", v4), ("normalization/count", np.int64(0))], "stem": [("functional/stem/kernel", k1), ("functional/stem/bias", b1)], "body": [("body/kernel", k3), ("body/bias", b3)], "add": [], "leaky": [], "139": [("139/kernel", k2), ("139/bias", b2)]}, False)
expected["keras-3.h5"] = keras_reference([residual], 4)

memory = io.BytesIO()
with h5py.File(memory, "w") as f:
    for name, values in {"normalization": [m4, v4, np.int64(0)], "dense": [k1, b1], "dense_1": [k3, b3], "dense_2": [k2, b2], "add": [], "leaky_re_lu": [], "input_layer": []}.items():
        vars_ = f.create_group(f"layers/{name}/vars")
        for i, value in enumerate(values):
            vars_.create_dataset(str(i), data=value)
with zipfile.ZipFile(path("model.keras"), "w") as z:
    for name, data in (("metadata.json", json.dumps({"keras_version": "3.5.0", "date_saved": "2026-01-01@00:00:00"})), ("config.json", json.dumps(functional)), ("model.weights.h5", memory.getvalue())):
        z.writestr(zipfile.ZipInfo(name), data)
expected["model.keras"] = keras_reference([residual], 4)

# Keras 3 save_weights: no configuration, no names of layers.
with h5py.File(path("keras-3.weights.h5"), "w") as f:
    for name, values in {"dense": [k1, b1], "dense_1": [k3, b3], "dense_2": [k2, b2], "dropout": []}.items():
        vars_ = f.create_group(f"layers/{name}/vars")
        for i, value in enumerate(values):
            vars_.create_dataset(str(i), data=value)
expected["keras-3.weights.h5"] = keras_reference([lambda a: relu(a @ k1 + b1), lambda a: np.tanh(a @ k3.astype(float) + b3), lambda a: softmax(a @ k2 + b2)], 4) | {"activations": ["relu", "tanh", "softmax"]}

# Keras 2.13 on Windows: a backslash in the names of the root, and a count with gaps. A Flatten before, a Reshape behind.
memory = io.BytesIO()
with h5py.File(memory, "w") as f:
    for name, values in {"dense": [k1, b1], "dense_2": [k3, b3], "dense_4": [k2, b2]}.items():
        vars_ = f.create_group(f"_layer_checkpoint_dependencies\\{name}/vars")
        for i, value in enumerate(values):
            vars_.create_dataset(str(i), data=value)
layers = [("Flatten", {"name": "flatten", "batch_input_shape": [None, 2, 2]}), ("Dense", {"name": "dense_7", "activation": "relu"}), ("Dense", {"name": "dense_8", "activation": "tanh"}), ("Dense", {"name": "dense_9", "activation": "linear"}), ("Reshape", {"name": "reshape", "target_shape": [3, 1]})]
with zipfile.ZipFile(path("windows.keras"), "w") as z:
    config = {"class_name": "Sequential", "config": {"layers": [{"class_name": kind, "config": settings} for kind, settings in layers]}}
    for name, data in (("metadata.json", json.dumps({"keras_version": "2.13.1"})), ("config.json", json.dumps(config)), ("model.weights.h5", memory.getvalue())):
        z.writestr(zipfile.ZipInfo(name), data)
expected["windows.keras"] = keras_reference([lambda a: relu(a @ k1 + b1), lambda a: np.tanh(a @ k3.astype(float) + b3), lambda a: a @ k2 + b2], 4)


class Declared(nn.Module):
    """Declares all dense layers first: the state dictionary has another order than forward."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.bn1, self.bn2, self.mu = nn.Linear(5, 8), nn.Linear(8, 6), nn.BatchNorm1d(8), nn.BatchNorm1d(6), nn.Linear(6, 2)

    def forward(self, x):
        return self.mu(torch.relu(self.bn2(self.fc2(torch.relu(self.bn1(self.fc1(x)))))))


declared = Declared()
declared.train()
for _ in range(5):
    declared(torch.randn(16, 5) * 2 + 1)
torch.save(declared.state_dict(), path("declared.pt"))
note("declared.pt", declared, 5, activations=["relu", "relu", "identity"])

with open(path("expected.json"), "w") as f:
    json.dump(expected, f, indent=1)
