#!/usr/bin/env bash
# Runs the tests with coverlet and writes the line and branch coverage of the libraries.
#   tools/coverage.sh [FOLDER [TEST PROJECT...]]     default: artifacts/coverage, all test projects
# Coverage counters make kernels slow, so this is a job of its own and no part of .ci/run.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-artifacts/coverage}
[ $# -gt 0 ] && shift
projects=("$@")
[ ${#projects[@]} -gt 0 ] || projects=(tests/*.Tests)

raw=$(mktemp -d)
trap 'rm -rf "$raw"' EXIT
dotnet tool restore
for project in "${projects[@]}"; do
  dotnet test -c Release "$project" --collect "XPlat Code Coverage" --settings tools/coverage.runsettings --results-directory "$raw"
done
dotnet reportgenerator "-reports:$raw/*/coverage.cobertura.xml" "-targetdir:$folder" "-reporttypes:Html;TextSummary;MarkdownSummaryGithub"
sed -n '1,40p' "$folder/Summary.txt"
