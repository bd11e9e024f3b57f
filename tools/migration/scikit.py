"""Facts about scikit-learn's MLPClassifier, each checked by running it."""
import warnings

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.filterwarnings("ignore")
print("program|scikit-learn", sklearn.__version__)
x, y = np.random.default_rng(1).normal(size=(60, 30)), np.arange(60) % 3

start = MLPClassifier((400,), solver="sgd", learning_rate_init=1e-12, max_iter=1).fit(x, y)
bound = np.sqrt(6 / (30 + 400))
for values in (start.coefs_[0], start.intercepts_[0]):
    assert 0.97 * bound < np.abs(values).max() <= bound
print("start|weights and biases from U(-r, r), r = sqrt(6 / (inputs + units)); with `logistic` sqrt(2 / (inputs + units))")
logistic = MLPClassifier((400,), activation="logistic", solver="sgd", learning_rate_init=1e-12, max_iter=1).fit(x, y)
assert 0.97 * np.sqrt(2 / 430) < np.abs(logistic.coefs_[0]).max() <= np.sqrt(2 / 430)

zero = np.zeros((10, 4))
net = MLPRegressor((5,), solver="sgd", learning_rate_init=1e-12, alpha=0.5, momentum=0, batch_size=10, max_iter=1, random_state=1).fit(zero, np.ones(10))
before = net.coefs_[0].copy()
step = MLPRegressor((5,), solver="sgd", learning_rate_init=1.0, alpha=0.5, momentum=0, batch_size=10, max_iter=1, random_state=1).fit(zero, np.ones(10))
assert np.allclose(step.coefs_[0], before * (1 - 0.5 / 10))
more = MLPRegressor((5,), solver="sgd", learning_rate_init=1.0, alpha=5, momentum=0, batch_size=10, max_iter=1, random_state=1).fit(zero, np.ones(10))
assert all(np.allclose(one, other) for one, other in zip(step.intercepts_, more.intercepts_)) and not np.allclose(step.coefs_[0], more.coefs_[0])
print("decay|alpha / m is added to the gradient, m the rows of the batch: half the batch, twice the decay; biases are left out")

defaults = MLPClassifier().get_params()
assert (defaults["solver"], defaults["learning_rate_init"], defaults["alpha"], defaults["batch_size"], defaults["max_iter"], defaults["early_stopping"]) == ("adam", 0.001, 1e-4, "auto", 200, False)
print("optimizer|Adam, rate 0.001, batches of min(200, rows), 200 passes, alpha 0.0001, no early stopping")
sgd = MLPClassifier(solver="sgd").get_params()
assert sgd["momentum"] == 0.9 and sgd["nesterovs_momentum"] is True
print("optimizer|`solver=\"sgd\"` has Nesterov's momentum 0.9")

text = MLPClassifier(max_iter=1).fit(x[:8], ["b", "a", "10", "2"] * 2)
assert list(text.classes_) == ["10", "2", "a", "b"]
print("classes|sorted, texts by character (`10` before `2`)")
assert MLPClassifier(max_iter=1).fit(x, y % 2).coefs_[-1].shape[1] == 1 and start.coefs_[-1].shape[1] == 3
print("classes|two classes are one sigmoid output, more a softmax")
frozen = {"solver": "sgd", "learning_rate_init": 1e-24, "max_iter": 1, "random_state": 1, "activation": "identity"}
one, thousand = (MLPRegressor(**frozen).fit(x * size, y).predict(x * size) - MLPRegressor(**frozen).fit(x * size, y).predict(x * 0) for size in (1, 1000))
assert np.allclose(thousand, 1000 * one, rtol=1e-5)
print("data|taken as it is: no scaling")
