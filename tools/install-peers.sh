#!/bin/sh
# Installs the rivals of `tools/compare.sh` that NuGet does not bring: scikit-learn, and a C++ library that libtorch loads with.
# Needs Debian or a relative of it, and root. What cannot be had is named; the comparison then leaves that rival out.
# On a system whose libstdc++ is older than GCC 13's (Debian 12), both go into a root of Debian 13 below
# $XDG_CACHE_HOME/fastmlp-peers (~/.cache/fastmlp-peers), 550 MB; nothing of the system changes but debootstrap.
# Usage: tools/install-peers.sh
set -eu

root=${XDG_CACHE_HOME:-$HOME/.cache}/fastmlp-peers/trixie
mirror=${PEERS_DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages='python3-sklearn libopenblas0-pthread'

if ! command -v apt-get >/dev/null 2>&1; then
    echo 'There is no apt-get here: install Python 3 with scikit-learn by hand and name it in PEERS_PYTHON.'
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -q || echo 'The package lists could not be brought up to date; going on with those that are here.'
library=$(ldconfig -p | sed -n 's/.*libstdc++\.so\.6 .*x86-64.* => //p' | head -n 1)
if [ -n "$library" ] && grep -q 'GLIBCXX_3\.4\.32' "$library"; then
    # shellcheck disable=SC2086 # two words
    apt-get install -q -y --no-install-recommends $packages
    exit 0
fi

if [ -e "$root/usr/bin/python3" ]; then
    echo "There is a root of Debian 13 in $root already."
    exit 0
fi

apt-get install -q -y --no-install-recommends debootstrap
mkdir -p "$root"
if ! debootstrap --variant=minbase --include="$(echo "$packages" | tr ' ' ',')" trixie "$root" "$mirror"; then
    rm -rf "$root"
    echo "The root of Debian 13 could not be made from $mirror: TorchSharp and scikit-learn will be absent."
    exit 1
fi
