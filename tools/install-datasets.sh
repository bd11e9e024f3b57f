#!/bin/sh
# Puts real data sets that Debian packages bring into a folder, as CSV files whose last column is the target, for
# tools/compare-defaults.py. Needs Debian or a relative of it, and root; the packages are installed or unpacked.
# Usage: tools/install-datasets.sh [FOLDER]     default: $XDG_CACHE_HOME/fastmlp-datasets (~/.cache/fastmlp-datasets)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/fastmlp-datasets}
if ! command -v apt-get >/dev/null 2>&1; then
    echo 'There is no apt-get here: the data sets come from Debian packages.' >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -q || echo 'The package lists could not be brought up to date; going on with those that are here.'
apt-get install -q -y --no-install-recommends \
    python3-sklearn r-base-core r-cran-foreign r-cran-ggplot2 r-cran-mass r-cran-mlbench r-cran-modeldata

# weka wants Java and libfann-doc nothing; only their data files are needed, so they are unpacked and not installed.
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
chmod 755 "$unpacked"
(cd "$unpacked" && apt-get download -q weka libfann-doc && for package in *.deb; do dpkg -x "$package" .; done)

mkdir -p "$folder"
for name in breast-cancer diabetes digits iris wine; do
    gzip -dc "$here/../src/FastMlp.Data/BuiltIn/Datasets/$name.csv.gz" >"$folder/built-in-$name.csv"
done
Rscript "$here/make-comparison-data.R" "$unpacked/usr/share/doc" "$folder"
