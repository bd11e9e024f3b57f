"""Fits the polynomials of src/FastMlp/Kernels/VecMath.cs; docs/numerics.md says how they are used.

    python3 tools/fit-polynomials.py

needs mpmath. Each fit is a minimax (equal-ripple) approximation found by the Remez exchange, then rounded to
float32. The coefficients that carry the accuracy near 0 are given, not fitted, so that rounding costs nothing
there. For each fit the script prints the coefficients and the largest relative error before and after rounding.
"""

import struct

from mpmath import cos, erfc, exp, expm1, log, log1p, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 60
GRID = 1501  # odd: no point of a symmetric range falls on 0


def to_float32(value):
    return mpf(struct.unpack("<f", struct.pack("<f", float(value)))[0])


def evaluate(terms, x):
    return sum(c * x**k for k, c in terms.items())


def solve(target, weight, points, numerator, denominator):
    """The quotient whose weighted error at the points alternates with equal size, and that size."""
    q = {0: mpf(1)}
    for _ in range(30 if denominator else 1):
        rows, right = [], []
        for i, x in enumerate(points):
            f = target(x)
            sign = (-1) ** i * evaluate(q, x) / weight(x)
            rows.append([x**k for k in numerator] + [-f * x**k for k in denominator] + [sign])
            right.append(f)
        s = lu_solve(matrix(rows), matrix(right))
        q_next = {0: mpf(1)} | {k: s[len(numerator) + i] for i, k in enumerate(denominator)}
        moved = max(abs(q_next[k] - q.get(k, 0)) for k in q_next)
        q = q_next
        if moved < mpf(10) ** -25:
            break
    return {k: s[i] for i, k in enumerate(numerator)}, q, abs(s[len(rows) - 1])


def remez(target, weight, a, b, numerator, denominator=()):
    """Minimax of (P / Q - target) weight on [a, b]; P, Q have the given powers, Q also the constant 1."""
    a, b = mpf(a), mpf(b)
    count = len(numerator) + len(denominator) + 1
    points = [(a + b) / 2 - (b - a) / 2 * cos(pi * i / (count - 1)) for i in range(count)]
    points = [x if abs(x) > (b - a) / 100 else (b - a) / 100 for x in points]  # the weight may be 0 at 0
    grid = [(a + b) / 2 - (b - a) / 2 * cos(pi * i / GRID) for i in range(GRID + 1)]
    weighted = [(x, target(x), weight(x)) for x in grid]
    for _ in range(25):
        p, q, level = solve(target, weight, points, numerator, denominator)
        errors = [(evaluate(p, x) / evaluate(q, x) - f) * w for x, f, w in weighted]
        peaks = []  # one extremum for each run of one sign
        for x, e in zip(grid, errors):
            if not peaks or (e > 0) != (peaks[-1][1] > 0):
                peaks.append((x, e))
            elif abs(e) > abs(peaks[-1][1]):
                peaks[-1] = (x, e)
        while len(peaks) > count:
            peaks.pop(0 if abs(peaks[0][1]) < abs(peaks[-1][1]) else -1)
        worst = max(abs(e) for e in errors)
        if len(peaks) < count:
            raise ArithmeticError("the error does not alternate often enough: raise mp.dps or change the degrees")
        points = [x for x, _ in peaks]
        if worst < level * mpf("1.001"):
            break
    return p, q, worst


def worst_relative(target, a, b, p, q):
    a, b = mpf(a), mpf(b)
    worst = mpf(0)
    for i in range(4 * GRID + 1):
        x = a + (b - a) * i / (4 * GRID)
        f = target(x)
        if f != 0:
            worst = max(worst, abs(evaluate(p, x) / evaluate(q, x) / f - 1))
    return worst


def report(name, p, q, ideal, rounded):
    print(f"{name}: relative error 2^{float(log(ideal, 2)):.2f}, with float32 coefficients 2^{float(log(rounded, 2)):.2f}")
    for label, terms in (("P", p), ("Q", q)):
        if label == "P" or len(terms) > 1:
            for k in sorted(terms):
                print(f"  {label}{k} = {float(terms[k]):.9g}f")


def fit_polynomial(name, target, a, b, fixed, powers):
    """target ~ sum of fixed and fitted powers (in order, without a gap), relative error."""
    known = {k: mpf(c) for k, c in fixed.items()}
    first = powers[0]
    p, _, ideal = remez(
        lambda x: (target(x) - evaluate(known, x)) / x**first,  # what is left starts with a constant again
        lambda x: abs(x**first / target(x)), a, b, range(len(powers)))
    known |= {first + k: to_float32(c) for k, c in p.items()}
    report(name, known, {0: mpf(1)}, ideal, worst_relative(target, a, b, known, {0: mpf(1)}))


def fit_quotient(name, target, a, b, numerator, denominator, weight=None):
    p, q, ideal = remez(target, weight or (lambda x: 1 / abs(target(x))), a, b, range(numerator + 1), range(1, denominator + 1))
    p = {k: to_float32(c) for k, c in p.items()}
    q = {k: to_float32(c) for k, c in q.items()}
    report(name, p, q, ideal, worst_relative(target, a, b, p, q))


def mills(t):
    """Phi(-t) e^(t^2 / 2): what is left of the normal tail once the exponential is taken out."""
    return erfc(t / sqrt(mpf(2))) / 2 * exp(t * t / 2)


def split(name, value, bits):
    """value = high + low; high has so few significant bits that its product with a small integer is exact."""
    scale = mpf(2) ** (bits - 1 - int(mp.floor(log(value, 2))))
    high = mp.nint(value * scale) / scale
    print(f"{name} = {float(high):.9g}f + {float(to_float32(value - high)):.9g}f")


if __name__ == "__main__":
    ln2 = log(mpf(2))
    split("ln 2", ln2, 15)
    # The range is a little wider than +-ln 2 / 2: the rounded product x / ln 2 may fall past a half.
    fit_polynomial("(e^r - 1) / r", lambda x: expm1(x) / x, -ln2 / 2 * mpf("1.0001"), ln2 / 2 * mpf("1.0001"), {0: 1}, range(1, 6))
    fit_polynomial("log(1 + f) / f", lambda x: log1p(x) / x, sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1, {0: 1, 1: mpf(-1) / 2}, range(2, 10))
    fit_polynomial("log(1 + e) / e", lambda x: log1p(x) / x, mpf(2) ** -20, 1, {0: 1}, range(1, 10))
    fit_quotient("Phi(-t) e^(t^2 / 2)", mills, 0, mpf("14.5"), 4, 5)
