#!/usr/bin/env python3
"""Makes src/FastMlp.Data/BuiltIn/Datasets/*.csv.gz from the data files of Debian's python3-sklearn.

    apt-get download python3-sklearn && dpkg -x python3-sklearn_*.deb sklearn
    python3 tools/make-datasets.py sklearn/usr/lib/python3/dist-packages/sklearn/datasets/data

Only the standard library is needed. Numbers are taken over as written, apart from whole numbers written in
exponent form, so that a float32 reader gets the nearest float to the published value. The output is the same
for the same input: no time stamp or file name goes into the gzip header.
"""
import gzip
import pathlib
import sys

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/FastMlp.Data/BuiltIn/Datasets"

IRIS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
WINE = ["alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
        "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline"]
CELL = ["radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points",
        "symmetry", "fractal dimension"]
CANCER = ["mean " + c for c in CELL] + [c + " error" for c in CELL] + ["worst " + c for c in CELL]
DIABETES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


def lines(path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as f:
        return [line.strip() for line in f if line.strip()]


def plain(number):
    """1.797e+03 and 5.9e+01 as 1797 and 59; every other number as it is written."""
    if "e" not in number:
        return number
    value = float(number)
    return str(int(value)) if value == int(value) else repr(value)


def classes(path):
    """A scikit-learn CSV: the first line holds the counts and class names, the last column the class index."""
    first, *rest = lines(path)
    names = first.split(",")[2:]
    rows = []
    for line in rest:
        *features, label = line.split(",")
        rows.append([plain(f) for f in features] + [names[int(label)]])
    return rows


def digits(path):
    rows = []
    for line in lines(path):
        rows.append([plain(f) for f in line.split(",")])
    return rows


def diabetes(features, target):
    return [[plain(f) for f in x.split()] + [plain(y)] for x, y in zip(lines(features), lines(target), strict=True)]


def write(name, header, rows):
    assert all(len(row) == len(header) for row in rows), name
    OUT.mkdir(exist_ok=True)
    with open(OUT / f"{name}.csv.gz", "wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as packed:
            text = "".join(",".join(row) + "\n" for row in [header] + rows)
            packed.write(text.encode("ascii"))
    print(f"{name}: {len(rows)} rows, {len(header)} columns")


def main():
    data = pathlib.Path(sys.argv[1])
    write("digits", [f"pixel_{r}_{c}" for r in range(8) for c in range(8)] + ["digit"], digits(data / "digits.csv.gz"))
    write("iris", IRIS + ["species"], classes(data / "iris.csv"))
    write("wine", WINE + ["cultivar"], classes(data / "wine_data.csv"))
    write("breast-cancer", CANCER + ["diagnosis"], classes(data / "breast_cancer.csv"))
    write("diabetes", DIABETES + ["progression"],
          diabetes(data / "diabetes_data_raw.csv.gz", data / "diabetes_target.csv.gz"))


main()
