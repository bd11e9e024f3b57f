#!/usr/bin/env bash
# Kills or suspends a rank of a training job at random instants, N times each (5 by default), resumes from the last checkpoint with another number of
# ranks, and compares the model with that of a run that was left alone. Needs a build and mpirun (tools/install-mpi.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
times=${1:-5}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 TERM=dumb
cli=(dotnet "$PWD/tools/FastMlp.Cli/bin/Release/net10.0/FastMlp.Cli.dll")
training=(train digits --epochs 60 --layers 256,256 --threads 1 --deterministic --deadline 4s)
tensors() { python3 -c 'import struct,sys,hashlib; b=open(sys.argv[1],"rb").read(); print(hashlib.sha256(b[8+struct.unpack("<Q",b[:8])[0]:]).hexdigest())' "$1"; }

"${cli[@]}" "${training[@]}" --out "$scratch/whole.safetensors" >/dev/null 2>&1
whole=$(tensors "$scratch/whole.safetensors")
failed=0
for signal in KILL STOP; do
  for ((i = 1; i <= times; i++)); do
    folder="$scratch/$signal$i"
    mpirun -n 2 "${cli[@]}" "${training[@]}" --checkpoint "$folder" --checkpoint-every 200ms --out "$scratch/m.safetensors" >"$scratch/log" 2>&1 &
    launcher=$!
    sleep "$(python3 -c 'import random; print(1 + 4 * random.random())')"
    victim=$(pgrep -P "$launcher" | shuf -n 1 || true)
    begin=$(date +%s.%N)
    [ -n "$victim" ] && kill -"$signal" "$victim" 2>/dev/null || true
    wait "$launcher" && ended="ended before" || ended="ended"
    took=$(python3 -c "import sys; print(round($(date +%s.%N) - $begin, 1))")
    mkdir -p "$folder"
    mpirun -n $((1 + i % 3)) "${cli[@]}" "${training[@]}" --resume "$folder" --out "$scratch/again.safetensors" >"$scratch/log2" 2>&1 || cat "$scratch/log2"
    if [ "$(tensors "$scratch/again.safetensors")" = "$whole" ]; then result="the same bits"; else result="OTHER BITS"; failed=1; fi
    rm -f "$scratch/again.safetensors"
    echo "SIG$signal $i: $ended after $took s; resumed with $((1 + i % 3)) ranks: $result. $(grep -hE "^Rank|on signal" "$scratch/log" | head -1 || true)"
  done
done
exit $failed
