"""Facts about PyTorch, each checked by running it."""
import math

import torch
from torch import nn

torch.manual_seed(1)
print("program|PyTorch", torch.__version__.split("a")[0])
layer = nn.Linear(100, 400)
for values in (layer.weight, layer.bias):
    assert 0.095 < values.abs().max() <= 0.1
print("start|weights and biases from U(-r, r), r = 1 / sqrt(inputs), whatever the activation")

layer = nn.Linear(3, 2)
before = [p.detach().clone() for p in layer.parameters()]
optimizer = torch.optim.SGD(layer.parameters(), lr=0.5, weight_decay=0.1)
(sum(p.sum() for p in layer.parameters()) * 0).backward()
optimizer.step()
assert all(torch.allclose(after, first * (1 - 0.5 * 0.1)) for after, first in zip(layer.parameters(), before))
print("decay|`weight_decay` is added to the gradient of every step, whatever the batch, and acts on biases too")

w = torch.zeros(1, requires_grad=True)
adam = torch.optim.Adam([w])
w.grad = torch.tensor([1e-8])
adam.step()
assert math.isclose(w.item(), -0.0005, rel_tol=1e-4)
assert adam.defaults["lr"] == 0.001 and adam.defaults["weight_decay"] == 0
print("optimizer|Adam: rate 0.001, epsilon 1e-8 added to the root")
assert torch.optim.AdamW([w]).defaults["weight_decay"] == 0.01
print("optimizer|AdamW decays by 0.01 unless told otherwise")
w = torch.ones(1, requires_grad=True)
sgd = torch.optim.SGD([w], lr=0.1, momentum=0.5)
for rate, expected in ((0.1, 0.9), (0.01, 0.885)):
    sgd.param_groups[0]["lr"] = rate
    w.grad = torch.ones(1)
    sgd.step()
    assert math.isclose(w.item(), expected, rel_tol=1e-6)
print("optimizer|momentum is v = mu v + g, w -= rate v: a new rate acts on the old v too")

z, labels = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
assert torch.allclose(nn.CrossEntropyLoss()(z, labels), -torch.log_softmax(z, 1)[range(6), labels].mean())
print("loss|CrossEntropyLoss takes logits: the network has no softmax; losses are means over the rows, MSELoss over the elements")
assert torch.isclose(nn.MSELoss()(z, torch.zeros(6, 3)), (z ** 2).sum() / 18)

norm = nn.BatchNorm1d(1)
values = torch.tensor([[0.0], [2.0]])
norm.train()(values)
assert math.isclose(norm.running_var.item(), 0.9 + 0.1 * 2.0, rel_tol=1e-6) and norm.eps == 1e-5
print("layers|BatchNorm1d: epsilon 1e-5; momentum 0.1 is the weight of the new batch; the running variance is unbiased (n - 1), the batch's own is not")
assert nn.LeakyReLU().negative_slope == 0.01
print("layers|LeakyReLU 0.01; GELU is the exact one")
assert torch.isclose(nn.GELU()(torch.tensor(1.0)), torch.tensor(0.5 * (1 + math.erf(1 / math.sqrt(2)))))
print("classes|indices from 0; names are nowhere in a state dictionary, nor are activations")
assert list(nn.Sequential(nn.Linear(1, 1), nn.Tanh()).state_dict()) == ["0.weight", "0.bias"]
