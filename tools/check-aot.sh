#!/bin/sh
# Packs FastMlp, publishes a fresh project that references the package with PublishAot and no other setting, and compares the program with the same
# one under the JIT: the same instruction set and the same bits, or it fails. Prints the size, and the times of both side by side.
# Needs the .NET SDK and a linker for NativeAOT (clang, or gcc, with zlib's headers); without one it says so and ends with 0. Leaves nothing behind.
# Usage: tools/check-aot.sh [folder with a FastMlp package; packed anew without one]
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
linker=
for one in clang gcc; do
    if [ -z "$linker" ] && command -v "$one" >/dev/null 2>&1; then linker=$one; fi
done
if [ -z "$linker" ]; then
    echo 'left out: NativeAOT needs clang or gcc to link with (Debian: apt-get install clang zlib1g-dev)'
    exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
packages=${1:-$scratch/packages}
if [ "$#" -eq 0 ]; then
    dotnet pack -c Release "$root/src/FastMlp" -o "$packages" -v quiet -nologo
fi

mkdir "$scratch/app"
cp "$root/tools/aot/Program.cs" "$scratch/app/"
cd "$scratch/app"
# Nothing of the repository: the project stands for a user's.
cat >app.csproj <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <PublishAot>true</PublishAot>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="FastMlp" Version="*-*" />
  </ItemGroup>
</Project>
END
cat >nuget.config <<END
<configuration>
  <packageSources><add key="packed" value="$packages" /></packageSources>
  <packageSourceMapping>
    <packageSource key="packed"><package pattern="FastMlp" /></packageSource>
    <packageSource key="nuget.org"><package pattern="*" /></packageSource>
  </packageSourceMapping>
</configuration>
END
# Not from the cache, where an older build may have the same version.
export NUGET_PACKAGES="$scratch/cache"
dotnet publish -c Release -r "$(dotnet --info | sed -n 's/^ *RID: *//p')" -o "$scratch/native" -p:CppCompilerAndLinker=$linker -v quiet -nologo
# -p keeps the JIT's build apart from the published one.
dotnet build -c Release -o "$scratch/jit" -p:PublishAot=false -v quiet -nologo

check() { # AOT's and the JIT's output must agree on line $1
    ours=$(sed -n "s/^$1 //p" "$scratch/aot.txt")
    theirs=$(sed -n "s/^$1 //p" "$scratch/jit.txt")
    if [ -z "$ours" ] || [ "$ours" != "$theirs" ]; then
        echo "NativeAOT has $1 '$ours', the JIT '$theirs'." >&2
        exit 1
    fi
}

"$scratch/native/app" >"$scratch/aot.txt"
# The binary holds AVX2 at most: the JIT is held to the same.
DOTNET_EnableAVX512=0 dotnet "$scratch/jit/app.dll" >"$scratch/jit.txt"
check set
check bits
echo "instruction set: $(sed -n 's/^set //p' "$scratch/aot.txt"), the same bits as under the JIT"
echo "binary: $(($(wc -c <"$scratch/native/app") / 1024)) KiB"
echo 'case, microseconds under NativeAOT, under the JIT, share of the JIT'"'"'s speed'
awk '$1 == "time" { if (FNR == NR) aot[$2] = $3; else printf "%s %s %s %.2f\n", $2, aot[$2], $3, $3 / aot[$2] }' "$scratch/aot.txt" "$scratch/jit.txt"
