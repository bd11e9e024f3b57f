#!/usr/bin/env bash
# Builds the API site from the XML comments of the libraries with docfx. A warning is an error.
#   tools/api-site.sh [FOLDER]     default: artifacts/site
set -euo pipefail
cd "$(dirname "$0")/.."
site=${1:-artifacts/site}
log=$(mktemp)
trap 'rm -rf docfx/api docfx/_site "$log"' EXIT

dotnet tool restore
for project in FastMlp FastMlp.Data FastMlp.Onnx FastMlp.Interop FastMlp.Data.Formats FastMlp.Distributed; do
  dotnet build -c Release -v quiet --nologo "src/$project"
done
dotnet docfx docfx/docfx.json --warningsAsErrors 2>&1 | tee "$log"
# docfx ends with 0 after warnings of the comments.
if grep -q '^warning' "$log"; then
  echo "docfx warned, see above"
  exit 1
fi
mkdir -p "$site"
cp -r docfx/_site/. "$site"
