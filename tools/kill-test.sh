#!/usr/bin/env bash
# Kills training (SIGKILL) at random instants and resumes it, until it has been killed so many times; every model that
# comes to its end must be, byte for byte, the one that was never interrupted.
#
# Only kills count that hit a process which has trained and written a checkpoint; those before come on top.
#
#   tools/kill-test.sh [KILLS] [SEED]    200 kills by default; needs a Release build of tools/FastMlp.Cli
set -euo pipefail
cd "$(dirname "$0")/.."

kills_wanted=${1:-200}
RANDOM=${2:-1}
cli=tools/FastMlp.Cli/bin/Release/net10.0/FastMlp.Cli.dll
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# train MODEL [OPTION...]: long enough for a few kills, with everything that a checkpoint has to hold.
train() {
  local model=$1
  shift
  exec dotnet "$cli" train digits --layers 64,32 --epochs 120 --early-stop 100 --seed 3 --out "$model" "$@"
}

started=$(date +%s%N)
(train "$scratch/reference.safetensors") >/dev/null 2>&1
whole=$((($(date +%s%N) - started) / 1000000))
echo "one run takes $whole ms"

# newest: the name and the time of the last checkpoint of the run.
newest() { ls -l --full-time "$scratch/run" | tail -n 1; }

kills=0
early=0
resumes=0
models=0
different=0
finished=yes
while [ "$kills" -lt "$kills_wanted" ] || [ "$finished" = no ]; do
  finished=no
  if [ ! -e "$scratch/run" ]; then
    mkdir "$scratch/run"
    lives=0
  fi
  before=$(newest)
  # One to four threads in turn: the result must not depend on it.
  (train "$scratch/model.safetensors" --checkpoint "$scratch/run" --checkpoint-every 20ms --resume "$scratch/run" --threads $((1 + lives % 4))) >/dev/null 2>"$scratch/errors" &
  child=$!
  resumes=$((resumes + (lives > 0)))
  lives=$((lives + 1))
  if [ "$kills" -lt "$kills_wanted" ]; then
    delay=$((RANDOM * 32768 + RANDOM))
    sleep "$(awk -v ms=$((delay % (whole * 3 / 2))) 'BEGIN { print ms / 1000 }')"
    if kill -KILL "$child" 2>/dev/null; then killed=yes; else killed=no; fi
  else
    killed=no
  fi
  status=0
  wait "$child" 2>/dev/null || status=$?
  if [ "$status" -eq 137 ] && [ "$killed" = yes ]; then
    if [ "$(newest)" = "$before" ]; then early=$((early + 1)); else kills=$((kills + 1)); fi
    continue
  fi
  if [ "$status" -ne 0 ]; then
    cat "$scratch/errors"
    echo "a resumed run ended with exit code $status after $kills kills"
    exit 1
  fi
  finished=yes
  models=$((models + 1))
  if ! cmp -s "$scratch/reference.safetensors" "$scratch/model.safetensors"; then
    different=$((different + 1))
    echo "model $models, after $lives lives, differs from the uninterrupted one"
  fi
  rm -rf "$scratch/run" "$scratch/model.safetensors"
done

echo "$kills kills in training and $early before it, $resumes resumes, $models models, $different of them different from the uninterrupted one"
[ "$different" -eq 0 ] && [ "$models" -gt 0 ]
