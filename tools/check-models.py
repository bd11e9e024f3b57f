#!/usr/bin/env python3
"""Reads model files of Keras, PyTorch and safetensors with the fastmlp command and with Python, and compares their outputs. Writes docs/model-files.md.

Usage: tools/check-models.py LIST [--write]
LIST has a line for each file, none of which is kept here: repository|path in it|commit|path on this machine|activations|part|order; the last three may
be empty or left out. Needs python3-torch and python3-h5py (Debian) and a built command (dotnet build -c Release tools/FastMlp.Cli).

PyTorch computes TorchScript files and whole modules of torch.nn, in double precision. Everything else is computed here in double precision from the
tensors that h5py, torch.load and the header of safetensors give, with code of its own. The difference is relative to the largest number of an output,
and absolute for sigmoid, softmax and tanh. The exit code is 1 where a difference is above 2e-5.
"""
import io
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import types
import warnings
import zipfile

import h5py
import numpy as np
import torch

warnings.filterwarnings("ignore")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
COMMAND = ["dotnet", os.path.join(ROOT, "tools/FastMlp.Cli/bin/Release/net10.0/FastMlp.Cli.dll")]
ROWS = 32
LIMIT = 2e-5


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


ACTIVATIONS = {
    "linear": lambda x: x, "identity": lambda x: x, "relu": lambda x: np.maximum(x, 0), "tanh": np.tanh, "softmax": softmax,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "elu": lambda x: np.where(x > 0, x, np.expm1(x)), "softplus": lambda x: np.logaddexp(x, 0),
    "silu": lambda x: x / (1 + np.exp(-x)), "swish": lambda x: x / (1 + np.exp(-x)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
}


def activation(name):
    base, _, constant = name.partition(":")
    if base in ("leaky-relu", "leaky_relu"):
        slope = float(constant or (0.2 if "_" in base else 0.01))
        return lambda x: np.where(x > 0, x, slope * x)
    return ACTIVATIONS[base]


def keras_layers(config):
    inner = config["config"]
    return inner if isinstance(inner, list) else inner["layers"]


def keras(config, weights_of):
    """A chain of layers, as a function of x; weights_of(layer, index in its class) gives its arrays in order."""
    if config["class_name"] != "Sequential" and any(len(json.dumps(entry.get("inbound_nodes", [])).split("keras_history")) > 2 for entry in keras_layers(config)):
        raise NotImplementedError("functional model with branches")
    steps, counts = [], {}
    for entry in keras_layers(config):
        kind, settings = entry["class_name"], entry["config"]
        index = counts[kind] = counts.get(kind, -1) + 1
        arrays = [np.asarray(a, np.float64) for a in weights_of(settings.get("name"), kind, index)]
        if kind == "Dense":
            w, b = arrays[0], arrays[1] if len(arrays) > 1 else 0
            g = settings.get("activation") or "linear"
            g = activation(g if isinstance(g, str) else g["config"] if isinstance(g.get("config"), str) else g["class_name"].lower())
            steps.append(lambda x, w=w, b=b, g=g: g(x @ w + b))
        elif kind == "Activation":
            steps.append(activation(settings["activation"]))
        elif kind == "ReLU":
            steps.append(ACTIVATIONS["relu"])
        elif kind == "LeakyReLU":
            slope = settings.get("negative_slope", settings.get("alpha", 0.3))
            slope = slope["config"]["value"] if isinstance(slope, dict) else float(slope)
            steps.append(lambda x, s=slope: np.where(x > 0, x, s * x))
        elif kind == "BatchNormalization":
            gamma, beta, mean, variance = arrays
            steps.append(lambda x, a=(gamma, beta, mean, variance), e=settings["epsilon"]: (x - a[2]) / np.sqrt(a[3] + e) * a[0] + a[1])
        elif kind not in ("InputLayer", "Dropout", "Flatten", "Reshape", "GaussianNoise"):
            raise NotImplementedError(kind)

    def run(x):
        for step in steps:
            x = step(x)
        return x
    return run


def keras_file(content):
    if content[:4] == b"PK\3\4":
        archive = zipfile.ZipFile(io.BytesIO(content))
        config = json.loads(archive.read("config.json"))
        version = json.loads(archive.read("metadata.json"))["keras_version"]
        held = h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")
        groups = {}

        def visit(name, node):
            found = re.fullmatch(r"(?:layers|_layer_checkpoint_dependencies)[/\\]([a-z_0-9]*?)(?:_(\d+))?/vars", name)
            if found and len(node):
                groups.setdefault(found[1], {})[int(found[2] or 0)] = [node[str(i)][()] for i in range(len(node))]
        held.visititems(visit)

        def weights_of(name, kind, index):
            snake = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
            numbered = groups.get(snake, {})
            return numbered[sorted(numbered)[index]] if index < len(numbered) else []
        return f"Keras {version} (.keras)", keras(config, weights_of)
    held = h5py.File(io.BytesIO(content), "r")
    config = json.loads(held.attrs["model_config"])
    version = held.attrs.get("keras_version", b"1")
    version = version.decode() if isinstance(version, bytes) else version
    group = held["model_weights"]

    def weights_of(name, kind, index):
        if name not in group:
            return []
        return [group[name][n.decode() if isinstance(n, bytes) else n][()] for n in group[name].attrs["weight_names"]]
    return f"Keras {version}", keras(config, weights_of)


class Stub(torch.nn.Module):
    """Stands in for the classes of others, whose code is not here and is not run."""

    def __setstate__(self, state):
        self.__dict__.update(state)


def load(path):
    while True:
        try:
            return torch.load(path, map_location="cpu")
        except AttributeError as missing:
            name, module = re.search(r"attribute '(\w+)' on <module '([\w.]+)'", str(missing)).groups()
            setattr(sys.modules[module], name, type(name, (Stub,), {}))
        except ModuleNotFoundError as missing:
            sys.modules[missing.name] = types.ModuleType(missing.name)


def fitting(layers):
    """The order of the file, or the first one in which each layer takes what the one before gives."""
    def sizes(name):
        shape = layers[name]["weight"].shape
        return (shape[1], shape[0]) if len(shape) == 2 else (shape[0], shape[0])

    def fits(names):
        return all(sizes(a)[1] == sizes(b)[0] for a, b in zip(names, names[1:]))
    names = list(layers)
    return names if fits(names) else list(next((order for order in itertools.permutations(names) if fits(order)), names))


def chain(tensors, activations, part, order):
    """A state dictionary: dense layers and normalizations in order, an activation behind each dense layer and its norms."""
    layers = {}
    for name, value in tensors.items():
        if part and not name.startswith(part + "."):
            continue
        name = name[len(part) + 1:] if part else name
        layer, _, role = name.rpartition(".")
        layers.setdefault(layer, {})[role] = np.asarray(value, np.float64)
    names = order or fitting(layers)
    given = iter(activations)
    steps = []
    for i, name in enumerate(names):
        layer = layers[name]
        if layer["weight"].ndim == 2:
            g = activation(next(given))
            steps.append(lambda x, l=layer: x @ l["weight"].T + l.get("bias", 0))
        elif "running_mean" not in layer:
            steps.append(lambda x, l=layer: (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * l["weight"] + l["bias"])
        else:
            steps.append(lambda x, l=layer: (x - l["running_mean"]) / np.sqrt(l["running_var"] + 1e-5) * l["weight"] + l["bias"])
        if i + 1 == len(names) or layers[names[i + 1]]["weight"].ndim == 2:
            steps.append(g)

    def run(x):
        for step in steps:
            x = step(x)
        return x
    return run


def safetensors(content):
    length = int.from_bytes(content[:8], "little")
    kinds = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
    return {name: np.frombuffer(content[8 + length + at["data_offsets"][0]:8 + length + at["data_offsets"][1]], kinds[at["dtype"]]).reshape(at["shape"])
            for name, at in json.loads(content[8:8 + length]).items() if name != "__metadata__" and at["dtype"] in kinds}


def torch_file(path, activations, part, order):
    try:
        module = torch.jit.load(path, map_location="cpu").double().eval()
        return "TorchScript", lambda x: module(torch.from_numpy(x)).detach().numpy()
    except RuntimeError:
        pass
    value = load(path)
    if isinstance(value, torch.nn.Module):
        if not activations:
            module = value.double().eval()
            return "PyTorch module", lambda x: module(torch.from_numpy(x)).detach().numpy()
        return "PyTorch module", chain(value.state_dict(), activations, part, order)
    while part and isinstance(value, dict) and not any(isinstance(each, torch.Tensor) for each in value.values()):
        key = next((key for key in value if part == key or part.startswith(f"{key}.")), None)
        if key is None:
            break
        value, part = value[key], part[len(key) + 1:]
    if not any(isinstance(each, torch.Tensor) for each in value.values()):
        value = next(each for each in value.values() if isinstance(each, dict) and any(isinstance(inner, torch.Tensor) for inner in each.values()))
    tensors = {key: each.numpy() for key, each in value.items() if isinstance(each, torch.Tensor) and not key.endswith("num_batches_tracked")}
    return "PyTorch", chain(tensors, activations, part, order)


def weights_alone(content, activations):
    held = h5py.File(io.BytesIO(content), "r")["layers"]
    names = sorted(held, key=lambda name: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)])
    tensors = {}
    for name in names:
        if len(held[name]["vars"]):
            tensors[f"{name}.weight"], tensors[f"{name}.bias"] = held[name]["vars/0"][()].T, held[name]["vars/1"][()]
    return "Keras 3 (.weights.h5)", chain(tensors, activations, "", [])


def reference(path, activations, part, order):
    content = open(path, "rb").read()
    if content.startswith(b"\x89HDF") and "layers" in (held := h5py.File(io.BytesIO(content), "r")) and "model_config" not in held.attrs:
        return weights_alone(content, activations)
    if content.startswith(b"\x89HDF") or (content.startswith(b"PK") and "config.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()):
        return keras_file(content)
    if content[8:9] == b"{":
        return "safetensors", chain(safetensors(content), activations, part, order)
    return torch_file(path, activations, part, order)


def fastmlp(*arguments):
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def check(path, activations, part, order, folder):
    """The network, the kind of file, and the largest difference; or why it was refused."""
    options = [*(["--activations", ",".join(activations)] if activations else []), *(["--part", part] if part else []), *(["--order", ",".join(order)] if order else [])]
    mine = os.path.join(folder, "mine.safetensors")
    code, output, error = fastmlp("convert", path, mine, *options)
    if code != 0:
        return "", "refused: " + error.split("fastmlp: ", 1)[1].split("\n")[0].replace(f"'{path}'", "the file").replace(path + ": ", ""), None
    network = output.split(": ", 1)[1].rsplit(", ", 2)[0]
    inputs = int(re.match(r"([\d,]+) ->", network)[1].replace(",", ""))
    x = np.random.default_rng(7).uniform(-2, 2, (ROWS, inputs)).astype(np.float32)
    table = os.path.join(folder, "x.csv")
    np.savetxt(table, x, delimiter=",", fmt="%.9g", header=",".join(f"f{i}" for i in range(inputs)), comments="")
    last = network.rsplit(" ", 1)[-1]
    _, output, error = fastmlp("predict", path, table, *options, *(["--probabilities"] if last == "Softmax" else []))
    kind, run = reference(path, activations, part, order)
    expected = np.asarray(run(x.astype(np.float64)))
    expected = expected.reshape(ROWS, -1)
    found = np.array([[float(field) for field in line.split(",")[-expected.shape[1]:]] for line in output.split("\n")[1:] if line])
    scale = 1 if last in ("Softmax", "Sigmoid", "Tanh") else np.abs(expected).max()
    return kind, network, float(np.abs(found - expected).max() / scale)


def main():
    lines = [line.rstrip("\n").split("|") for line in open(sys.argv[1]) if line.strip()]
    rows, loaded, worst = [], 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for repository, name, commit, path, *more in lines:
            activations, part, order = (more + ["", "", ""])[:3]
            listed = [each for each in activations.split(",") if each]
            kind, network, difference = check(path, listed, part, [each for each in order.split(",") if each], folder)
            loaded += difference is not None
            worst = max(worst, difference or 0)
            given = ", ".join(f"`{option} {value}`" for option, value in (("--activations", activations), ("--part", part), ("--order", order)) if value)
            rows.append(f"| {repository}: {name} | {commit[:7]} | {kind} | {network.replace('|', chr(92) + '|')}{'; given ' + given if given else ''} | {'' if difference is None else f'{difference:.1e}'} |")
            print(rows[-1], flush=True)
    text = f"{loaded} of {len(lines)} files load. {ROWS} rows each, uniform in [-2, 2]; PyTorch {torch.__version__.split('a')[0]}, h5py {h5py.__version__}, NumPy {np.__version__}.\n\n| repository and file | commit | kind | network | largest difference |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    if "--write" in sys.argv:
        page = os.path.join(ROOT, "docs/model-files.md")
        before = open(page, encoding="utf-8").read()
        start, end = before.index("<!-- files -->\n") + len("<!-- files -->\n"), before.index("<!-- end -->")
        open(page, "w", encoding="utf-8").write(before[:start] + text + before[end:])
    else:
        print(text.split("\n")[0])
    return worst > LIMIT


if __name__ == "__main__":
    sys.exit(main())
