#!/bin/sh
# Installs the rivals that `perf/FastMlp.Benchmarks -- peers` measures beside FastMlp, as far as this machine's
# package sources have them. Every part is optional: what cannot be had is named and passed over, and the
# benchmark prints a line for it. Needs Debian or a relative of it, and root for the packages.
# Usage: tools/install-peers.sh
# The npm package goes to $XDG_CACHE_HOME/fastmlp-peers (~/.cache/fastmlp-peers), where every checkout finds it.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/fastmlp-peers
absent=''

if command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q || echo 'The package lists could not be brought up to date; going on with those that are here.'
    # One at a time, so that one missing package does not cost the others.
    for package in libopenblas0-pthread libdnnl2 libblis4-pthread libfann2 python3-numpy python3-sklearn python3-torch; do
        apt-get install -q -y --no-install-recommends "$package" || absent="$absent $package"
    done
else
    absent="$absent every-Debian-package(no-apt-get)"
fi

if command -v npm >/dev/null 2>&1; then
    mkdir -p "$folder"
    # Without scripts: the CPU library is inside the package, the script only fetches GPU parts.
    npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund onnxruntime-node || absent="$absent onnxruntime-node"
else
    absent="$absent onnxruntime-node(no-npm)"
fi

if [ -n "$absent" ]; then
    echo "Not installed:$absent"
fi

# Installed is one thing, loaded by the benchmark another.
if command -v dotnet >/dev/null 2>&1; then
    dotnet run -c Release --project "$root/perf/FastMlp.Benchmarks" -- peers --list
fi
