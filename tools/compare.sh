#!/bin/sh
# Builds the benchmarks with libtorch (600 MB from NuGet) and measures FastMlp beside its rivals. Arguments go to `compare`:
#   tools/compare.sh --only row batch        some of the tables
#   tools/compare.sh --list                  who is here
# Runs inside the root that tools/install-peers.sh made, if there is one: that needs Linux and root.
set -eu

cd "$(dirname "$0")/.."
# ONNX Runtime sends telemetry by default; a measurement has no use for that.
export ORT_DISABLE_TELEMETRY=1
here=$(pwd)
root=${XDG_CACHE_HOME:-$HOME/.cache}/fastmlp-peers/trixie
dotnet build -c Release -v quiet -nologo -p:LibTorch=true perf/FastMlp.Benchmarks
program=$(ls -t perf/FastMlp.Benchmarks/bin/Release/net10.0/*/FastMlp.Benchmarks.dll | head -n 1)
if [ ! -e "$root/usr/bin/python3" ]; then
    exec dotnet "$program" compare "$@"
fi

sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
mkdir -p "$root$here" "$root$sdk"

# The folder of --data lies outside of the root: it is mounted too.
data=
previous=
for argument in "$@"; do
    if [ "$previous" = --data ]; then data=$argument; fi
    previous=$argument
done
if [ -n "$data" ]; then
    data=$(realpath "$data")
    mkdir -p "$root$data"
fi

# The mounts live in a namespace of their own and go with it.
exec unshare --mount sh -eu -c '
    root=$1 here=$2 sdk=$3 program=$4 data=$5
    shift 5
    if [ -n "$data" ]; then mount --bind "$data" "$root$data"; fi
    mount --bind "$here" "$root$here"
    mount --bind "$sdk" "$root$sdk"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    exec chroot "$root" /usr/bin/env -C "$here" "$sdk/dotnet" "$program" compare "$@"
' sh "$root" "$here" "$sdk" "$program" "$data" "$@"
