#!/usr/bin/env bash
# Installs Open MPI on Debian or Ubuntu, for training with several ranks and for the tests that need mpirun. Run as root.
set -euo pipefail
apt-get update
apt-get install -y --no-install-recommends openmpi-bin
mpirun --version | head -1
