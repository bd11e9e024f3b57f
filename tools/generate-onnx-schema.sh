#!/usr/bin/env bash
# Writes src/FastMlp.Onnx/Schema/OnnxSubset.cs from onnx-subset.proto beside it. The result is committed, so that a
# build needs no protoc; run this after a change of the schema. The compiler comes from the NuGet package Grpc.Tools.
set -euo pipefail
cd "$(dirname "$0")/.."

version=2.85.0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/schema.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="Grpc.Tools" Version="$version" GeneratePathProperty="true" /></ItemGroup>
  <Target Name="Where"><Message Text="\$(PkgGrpc_Tools)" Importance="high" /></Target>
</Project>
PROJECT
dotnet restore "$scratch/schema.csproj" --verbosity quiet
package=$(dotnet msbuild "$scratch/schema.csproj" -target:Where -noLogo | sed -n 's/^ *\(.*grpc\.tools.*\)$/\1/p' | tail -n 1)

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) kind=linux_x64 ;;
  Linux-aarch64) kind=linux_arm64 ;;
  Darwin-*) kind=macosx_universal ;;
  *) echo "generate-onnx-schema: run this on Linux or macOS" >&2; exit 1 ;;
esac

cd src/FastMlp.Onnx/Schema
"$package/tools/$kind/protoc" --csharp_out=. --csharp_opt=internal_access onnx-subset.proto
sed -i.bak -e 's/[[:space:]]*$//' OnnxSubset.cs && rm OnnxSubset.cs.bak
