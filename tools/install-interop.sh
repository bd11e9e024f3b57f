#!/bin/sh
# Installs what the interoperability tests of tests/FastMlp.Onnx.Tests run against, as far as this machine's package
# sources have it: the ONNX project's own cases, and ONNX Runtime. Without them those tests are skipped and say so.
# Every part is optional: what cannot be had is named and passed over. The cases need Debian or a relative of it, and root.
# Usage: tools/install-interop.sh [folder for the npm package, artifacts/interop by default; then set FASTMLP_INTEROP to it]
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
folder=${1:-$root/artifacts/interop}
absent=''

if command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    root_command=''
    if [ "$(id -u)" -ne 0 ]; then root_command='sudo -n'; fi
    $root_command apt-get update -q || echo 'The package lists could not be brought up to date; going on with those that are here.'
    $root_command apt-get install -q -y --no-install-recommends libonnx-testdata || absent="$absent libonnx-testdata"
else
    absent="$absent libonnx-testdata(no-apt-get)"
fi

if command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1; then
    mkdir -p "$folder"
    # Without scripts: the CPU library is inside the package, the script only fetches GPU parts.
    npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund onnxruntime-node || absent="$absent onnxruntime-node"
else
    absent="$absent onnxruntime-node(no-npm-or-node)"
fi

if [ -n "$absent" ]; then
    echo "Not installed:$absent"
else
    echo 'Everything for the interoperability tests is installed.'
fi
