#!/bin/sh
# Packs the command, installs it from the folder of the package as `fastmlp` into a folder of its own, and runs it there.
# Needs the .NET SDK; leaves nothing behind.
# Usage: tools/check-tool.sh [folder with a FastMlp.Cli package; packed anew without one]
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

packages=${1:-$scratch/packages}
if [ "$#" -eq 0 ]; then
    dotnet pack -c Release "$root/tools/FastMlp.Cli" -o "$packages"
fi

# From that folder alone: the tool brings all that it needs.
dotnet tool install FastMlp.Cli --tool-path "$scratch/tools" --source "$packages" --prerelease
cd "$scratch"
tool=$scratch/tools/fastmlp
"$tool" info
"$tool" train iris --epochs 5 --report iris.html
"$tool" evaluate iris.safetensors iris --held-out
"$tool" convert iris.safetensors iris.onnx
lines=$("$tool" predict iris.onnx iris | wc -l)
if [ "$lines" -ne 151 ] || [ ! -s iris.html ]; then
    echo "The installed tool predicted $lines lines of 151, or wrote no report." >&2
    exit 1
fi

echo 'The tool was installed and works.'
