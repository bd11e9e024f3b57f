#!/usr/bin/env python3
"""Exports small networks from PyTorch, with rows and PyTorch's own answers, to tests/FastMlp.Onnx.Tests/Fixtures.

The result is committed; run this to add a network or after a new release of PyTorch. Needs the torch module (Debian:
python3-torch). Usage: tools/make-onnx-fixtures.py
"""
import json
import pathlib
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "FastMlp.Onnx.Tests" / "Fixtures"


class View(nn.Module):
    """Images to rows by their sizes at run time, which leaves Shape, Gather and Concat in the graph."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(12, 3)

    def forward(self, x):
        return self.head(x.view(x.size(0), -1))


class Product(nn.Module):
    """A dense layer without nn.Linear, whose weight is transposed in the graph."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 4))
        self.bias = nn.Parameter(torch.randn(3))

    def forward(self, x):
        return torch.tanh(torch.matmul(x, self.weight.t()) + self.bias)


class Scaled(nn.Module):
    """Standardized inputs, and an answer in the unit of the data."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([1.0, -20.0, 0.3, 5.0]))
        self.register_buffer("deviation", torch.tensor([2.0, 7.0, 0.1, 1.0]))
        self.body = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))

    def forward(self, x):
        return self.body((x - self.mean) / self.deviation) * 40 + 150


def trained(module):
    """Running means and variances as after some training, so that batch normalization does something."""
    module.train()
    for _ in range(5):
        module(3 * torch.randn(32, 4) + 1)
    return module.eval()


def chain(*activations, inputs=4, units=5):
    layers = []
    for activation in activations:
        layers += [nn.Linear(inputs, units), activation]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, 3))


torch.manual_seed(7)
NETWORKS = {
    "relu-dropout-softmax": (nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3), nn.Softmax(dim=1)), (4,), 9),
    "classic": (chain(nn.Tanh(), nn.Sigmoid(), nn.Softplus()), (4,), 11),
    "rectifiers": (chain(nn.LeakyReLU(0.2), nn.ELU(0.7), nn.SELU(), nn.CELU(1.5)), (4,), 12),
    "clips": (chain(nn.ReLU6(), nn.Hardtanh(-0.4, 0.6), nn.Hardsigmoid()), (4,), 14),
    "gelu": (chain(nn.GELU()), (4,), 16),
    "gelu-tanh": (chain(nn.GELU(approximate="tanh")), (4,), 16),
    "silu": (chain(nn.SiLU()), (4,), 16),
    "prelu": (chain(nn.PReLU(), nn.PReLU(5, init=0.3)), (4,), 16),
    "batch-norm": (trained(nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.BatchNorm1d(5), nn.Linear(5, 2), nn.Sigmoid())), (4,), 13),
    "flatten": (nn.Sequential(nn.Flatten(), nn.Linear(12, 3), nn.ReLU()), (1, 3, 4), 13),
    "view": (View(), (1, 3, 4), 13),
    "product": (Product(), (4,), 13),
    "scaled": (Scaled(), (4,), 15),
    "log-softmax": (nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=-1)), (4,), 13),
    "float64": (chain(nn.Tanh()).double(), (4,), 13),
    "no-bias": (nn.Sequential(nn.Linear(4, 5, bias=False), nn.ReLU(), nn.Linear(5, 2, bias=False)), (4,), 13),
    "steps": (nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)), (6, 4), 13),
}

FOLDER.mkdir(parents=True, exist_ok=True)
for name, (network, shape, opset) in NETWORKS.items():
    network.eval()
    x = 2 * torch.randn(6, *shape, dtype=next(network.parameters()).dtype)
    torch.onnx.export(
        network, x[:1], str(FOLDER / f"{name}.onnx"), opset_version=opset, do_constant_folding=name != "product",
        input_names=["features"], output_names=["answer"], dynamic_axes={"features": {0: "rows"}, "answer": {0: "rows"}})
    with torch.no_grad():
        y = network(x)
    vector = {"torch": torch.__version__, "input": x.flatten().tolist(), "output": y.flatten().tolist()}
    (FOLDER / f"{name}.json").write_text(json.dumps(vector) + "\n")
    print(name, (FOLDER / f"{name}.onnx").stat().st_size, "bytes")
