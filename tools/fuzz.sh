#!/bin/sh
# Every loader (models, checkpoints, ONNX, CSV, NumPy, idx, libsvm) under mutated and truncated files, for as long as it takes: the tests
# do the same with few cases. Ends with exit code 1 if anything but a format exception came of a file.
# Usage: tools/fuzz.sh [cases of each kind of file, 200000 by default]
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
FASTMLP_FUZZ_CASES=${1:-200000}
export FASTMLP_FUZZ_CASES
failed=0
for project in FastMlp.Tests FastMlp.Data.Tests FastMlp.Onnx.Tests FastMlp.Interop.Tests; do
    dotnet test -c Release "$root/tests/$project" --filter 'FullyQualifiedName~Fuzz|FullyQualifiedName~CheckpointFileTests' || failed=1
done
exit $failed
