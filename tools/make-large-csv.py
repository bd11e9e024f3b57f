"""Writes a CSV file of a given size, to show that training by streaming needs little memory.

    python3 tools/make-large-csv.py large.csv 2000000000

Eleven columns: numbers, one of them with gaps, two of texts, and a value to learn that depends on all of them:
each row joins one of 4,000 left halves to one of 4,000 right halves, so that rows hardly repeat.
"""

import random
import sys


def halves(count, make):
    return [make() for _ in range(count)]


def left():
    age = random.uniform(18, 90)
    income = random.lognormvariate(10, 0.5)
    city = random.choice(["Aachen", "Bonn", "Celle", "Dresden", "Essen"])
    missing = random.random() < 0.05
    part = 0.02 * age + 0.00001 * income + 0.3 * (ord(city[0]) - 67)
    return f"{'' if missing else format(age, '.2f')},{income:.2f},{city},", part


def right():
    values = [random.gauss(0, 1) for _ in range(6)]
    grade = random.choice("ABC")
    part = values[0] - values[1] * values[2] + (0.5 if grade == "A" else 0)
    return ",".join(f"{value:.6f}" for value in values) + f",{grade},", part


def main():
    path, size = sys.argv[1], int(sys.argv[2])
    random.seed(1)
    lefts, rights = halves(4000, left), halves(4000, right)
    written = rows = 0
    with open(path, "w", newline="\n") as file:
        written += file.write("age,income,city,a,b,c,d,e,f,grade,y\n")
        while written < size:
            pairs = zip(random.choices(lefts, k=10000), random.choices(rights, k=10000))
            written += file.write("".join(f"{x}{z}{u + v:.4f}\n" for (x, u), (z, v) in pairs))
            rows += 10000
    print(f"{rows} rows, {written} bytes")


if __name__ == "__main__":
    main()
