#!/usr/bin/env bash
# Runs the facts of docs/migration.md and writes its table. Each program stops where a fact does not hold.
# Usage: tools/migration/run.sh [--write]
# Needs, from Debian: python3-sklearn python3-torch r-cran-nnet libfann-dev weka, a JDK and gcc; the .NET programs restore their packages.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3=${PYTHON:-/usr/bin/python3}
# libtorch wants a newer C++ library than Debian 12 has; tools/install-peers.sh brings a root of Debian 13 there.
torch() {
    local root=${XDG_CACHE_HOME:-$HOME/.cache}/fastmlp-peers/trixie sdk
    (cd "$work" && dotnet publish torch-dotnet.cs -o "$work/torch" -v quiet > /dev/null)
    if [ ! -e "$root/usr/bin/python3" ]; then
        dotnet "$work/torch/torch-dotnet.dll"
        return
    fi
    sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
    mkdir -p "$root$sdk" "$root$work"
    # shellcheck disable=SC2016 # the inner shell expands them
    unshare --mount sh -eu -c '
        mount --bind "$2" "$1$2"; mount --bind "$3" "$1$3"; mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"
        exec chroot "$1" "$3/dotnet" "$2/torch/torch-dotnet.dll"' sh "$root" "$work" "$sdk"
    rmdir "$root$work"
}
{
    "$python3" scikit.py
    "$python3" pytorch.py
    Rscript nnet.R
    gcc -O1 -DVERSION="\"$(dpkg-query -W -f '${Version}' libfann-dev)\"" fann.c -o "$work/fann" -lfann -lm && "$work/fann"
    java -cp /usr/share/java/weka.jar:/usr/share/java/java-cup-runtime.jar Weka.java
    # Copies, for what stands above them in the folders is not theirs.
    cp torch-dotnet.cs mlnet.cs "$work"
    torch
    (cd "$work" && dotnet run mlnet.cs)
} > "$work/facts"
awk -F'|' '
    $1 == "program" { program = $2; next }
    { text[program, $1] = text[program, $1] == "" ? $2 : text[program, $1] ". " toupper(substr($2, 1, 1)) substr($2, 2); if (!(program in seen)) { seen[program]; order[++n] = program } }
    END {
        split("start optimizer decay loss layers classes data", topics, " ")
        split("First weights|Optimizer|Weight decay|Loss|Layers|Classes|Data", titles, "|")
        for (i = 1; i <= n; i++) {
            printf "\n### %s\n\n| | |\n|---|---|\n", order[i]
            for (t = 1; t <= 7; t++) if (text[order[i], topics[t]] != "") { line = text[order[i], topics[t]]; printf "| %s | %s |\n", titles[t], toupper(substr(line, 1, 1)) substr(line, 2) }
        }
    }' "$work/facts" > "$work/table"
if [ "${1:-}" = --write ]; then
    page=../../docs/migration.md
    { sed '/<!-- facts -->/q' "$page"; cat "$work/table"; sed -n '/<!-- end -->/,$p' "$page"; } > "$work/page"
    cp "$work/page" "$page"
else
    cat "$work/table"
fi
