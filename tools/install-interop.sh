#!/bin/sh
# Installs what the interoperability tests of tests/FastMlp.Onnx.Tests run against beside their NuGet packages: the ONNX project's own
# cases. Without them those tests are skipped and say so. They need Debian or a relative of it, and root.
set -u

if ! command -v apt-get >/dev/null 2>&1; then
    echo 'Not installed: libonnx-testdata (no apt-get).'
    exit 0
fi

export DEBIAN_FRONTEND=noninteractive
root_command=''
if [ "$(id -u)" -ne 0 ]; then root_command='sudo -n'; fi
$root_command apt-get update -q || echo 'The package lists could not be brought up to date; going on with those that are here.'
if $root_command apt-get install -q -y --no-install-recommends libonnx-testdata; then
    echo 'Everything for the interoperability tests is installed.'
else
    echo 'Not installed: libonnx-testdata.'
fi
