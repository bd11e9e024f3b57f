#!/usr/bin/env bash
# Builds the API site from the XML comments of the libraries with docfx. A warning is an error.
#   tools/api-site.sh [FOLDER]     default: artifacts/site
set -euo pipefail
cd "$(dirname "$0")/.."
site=${1:-artifacts/site}
case $site in /*) ;; *) site=$PWD/$site ;; esac

dotnet tool restore
for project in FastMlp FastMlp.Data FastMlp.Onnx; do
  dotnet build -c Release -v quiet --nologo "src/$project"
done
trap 'rm -rf docfx/api docfx/_site' EXIT
dotnet docfx docfx/docfx.json --warningsAsErrors --output "$site"
