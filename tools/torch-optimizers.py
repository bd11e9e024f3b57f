#!/usr/bin/env python3
"""Where PyTorch's optimizers and schedulers arrive, as JSON, for tests/FastMlp.Tests/Interop.

    python3 tools/torch-optimizers.py STEPS

The net is the 2-3-1 sigmoid net of PyTorch's own optimizer baseline, its loss the sum of the three outputs (their mean
for L-BFGS). Each optimizer runs in float64, from numbers rounded to float32, and in float32.
"""
import json
import sys

import torch

STEPS = int(sys.argv[1])
torch.set_num_threads(1)
START = [
    [[-0.2109, -0.4976], [-0.1413, -0.3420], [-0.2524, 0.6976]],
    [-0.1085, -0.2979, 0.6892],
    [[-0.0508, -0.3941, -0.2843]],
    [-0.0711],
]
INPUTS = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]


def single(value):
    """A number as float32 has it."""
    return float(torch.tensor(value, dtype=torch.float32))


def betas(second):
    return (single(0.9), single(second))


OPTIMIZERS = {
    "Sgd": lambda p: torch.optim.SGD(p, lr=single(0.1)),
    "SgdDecay": lambda p: torch.optim.SGD(p, lr=single(0.1), weight_decay=single(1e-2)),
    "Momentum": lambda p: torch.optim.SGD(p, lr=single(0.1), momentum=single(0.9)),
    "Nesterov": lambda p: torch.optim.SGD(p, lr=single(0.1), momentum=single(0.9), nesterov=True, weight_decay=single(1e-3)),
    "Adam": lambda p: torch.optim.Adam(p, lr=single(1e-2), betas=betas(0.999), eps=single(1e-8)),
    "AdamDecay": lambda p: torch.optim.Adam(p, lr=single(1e-2), betas=betas(0.999), eps=single(1e-8), weight_decay=single(1e-2)),
    "AmsGrad": lambda p: torch.optim.Adam(p, lr=single(1e-2), betas=betas(0.999), eps=single(1e-8), amsgrad=True),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=single(1e-2), betas=betas(0.999), eps=single(1e-8), weight_decay=single(1e-2)),
    "AdamWAmsGrad": lambda p: torch.optim.AdamW(p, lr=single(1e-2), betas=betas(0.999), eps=single(1e-8), weight_decay=single(1e-1), amsgrad=True),
    "AdaGrad": lambda p: torch.optim.Adagrad(p, lr=single(0.1), eps=single(1e-10)),
    "AdaGradDecay": lambda p: torch.optim.Adagrad(p, lr=single(0.1), eps=single(1e-10), weight_decay=single(1e-2), initial_accumulator_value=single(0.1)),
    "RmsProp": lambda p: torch.optim.RMSprop(p, lr=single(1e-2), alpha=single(0.99), eps=single(1e-8)),
    "RmsPropDecay": lambda p: torch.optim.RMSprop(p, lr=single(1e-3), alpha=single(0.99), eps=single(1e-8), weight_decay=single(1e-2)),
    "RmsPropMomentum": lambda p: torch.optim.RMSprop(p, lr=single(1e-3), alpha=single(0.99), eps=single(1e-8), momentum=single(0.9)),
    "RmsPropCentered": lambda p: torch.optim.RMSprop(p, lr=single(1e-3), alpha=single(0.9), eps=single(1e-2), centered=True),
    "RmsPropCenteredMomentum": lambda p: torch.optim.RMSprop(p, lr=single(1e-3), alpha=single(0.9), eps=single(1e-2), centered=True, momentum=single(0.5)),
    "IRprop": lambda p: torch.optim.Rprop(p, lr=single(1e-3), etas=(single(0.5), single(1.2)), step_sizes=(single(1e-6), single(2e-3))),
    "Lbfgs": lambda p: torch.optim.LBFGS(p, lr=1, max_iter=1, max_eval=25, tolerance_grad=single(1e-5), tolerance_change=1e-30, history_size=10, line_search_fn="strong_wolfe"),
}


def run(name, dtype):
    w0, b0, w1, b1 = p = [torch.tensor(v, dtype=torch.float32).to(dtype).requires_grad_() for v in START]
    x = torch.tensor(INPUTS, dtype=torch.float32).to(dtype)
    optimizer = OPTIMIZERS[name](p)

    def closure():
        optimizer.zero_grad()
        a = torch.sigmoid(torch.sigmoid(x @ w0.T + b0) @ w1.T + b1)
        loss = a.mean() if name == "Lbfgs" else a.sum()
        loss.backward()
        return loss

    for _ in range(STEPS):
        optimizer.step(closure)
    return [float(v) for t in p for v in t.detach().flatten()]


def rates(make, steps=40):
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler = make(optimizer)
    result = []
    for _ in range(steps):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return result


def plateau(losses):
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, threshold=1e-2, cooldown=1, min_lr=0.1)
    result = []
    for loss in losses:
        result.append(optimizer.param_groups[0]["lr"])
        scheduler.step(loss)
    return result


LOSSES = [5, 4, 3, 3, 2.99, 2.98, 3.1, 3, 3, 3, 3, 2, 2, 2, 2, 2.5, 2, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9]
schedulers = torch.optim.lr_scheduler
print(json.dumps({
    "version": torch.__version__,
    "optimizers": {name: {"float64": run(name, torch.float64), "float32": run(name, torch.float32)} for name in OPTIMIZERS},
    "schedules": {
        "Step": rates(lambda o: schedulers.StepLR(o, 7, 0.3)),
        "Exponential": rates(lambda o: schedulers.ExponentialLR(o, 0.9)),
        "Polynomial": rates(lambda o: schedulers.LambdaLR(o, lambda s: (1 - s / 40) ** 2)),
        "Cosine": rates(lambda o: schedulers.CosineAnnealingLR(o, 40, eta_min=0.1)),
        "CosineRestarts": rates(lambda o: schedulers.CosineAnnealingWarmRestarts(o, 5, 2, eta_min=0.05)),
        "OneCycle": rates(lambda o: schedulers.OneCycleLR(o, max_lr=1.0, total_steps=41, pct_start=0.3, div_factor=25, final_div_factor=1e4, cycle_momentum=False)),
    },
    "losses": LOSSES,
    "plateau": plateau(LOSSES),
}))
