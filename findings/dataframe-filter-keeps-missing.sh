#!/usr/bin/env bash
# Microsoft.Data.Analysis 0.23.1 compares a missing number as if it were zero.
#
# Guess before the run: a missing number is neither less than 2 nor more than -2, so a filter drops its row (as in SQL, pandas and
# the comparison of float? in C#). Of -1, missing, 3 the filter "less than 2" keeps one row.
#
# Seen: it keeps two rows, the missing one among them; "less than -0.5" keeps one. Arithmetic in the same library keeps missing as
# missing. Rows without a value stay in the training data after a filter on its range.
#
# Exit code 0: as described. 1: the behaviour has changed. 2: it could not be run.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/finding.csproj" <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="Microsoft.Data.Analysis" Version="0.23.1" /></ItemGroup>
</Project>
PROJECT

cat >"$folder/Program.cs" <<'PROGRAM'
using Microsoft.Data.Analysis;

SingleDataFrameColumn x = new("x", new float?[] { -1, null, 3 });
DataFrame frame = new(x);
DataFrame below2 = frame.Filter(x.ElementwiseLessThan(2f)), belowHalf = frame.Filter(x.ElementwiseLessThan(-0.5f));
bool sum = ((SingleDataFrameColumn)(x + 1f))[1] is null;
Console.WriteLine($"less than 2: {below2.Rows.Count} rows, {below2["x"].NullCount} missing; less than -0.5: {belowHalf.Rows.Count} rows, {belowHalf["x"].NullCount} missing; missing + 1 is missing: {sum}");
bool asDescribed = below2.Rows.Count == 2 && below2["x"].NullCount == 1 && belowHalf.Rows.Count == 1 && belowHalf["x"].NullCount == 0 && sum;
Console.WriteLine(asDescribed ? "As described." : "The behaviour has changed.");
return asDescribed ? 0 : 1;
PROGRAM

cd "$folder"
dotnet build -c Release -v quiet -nologo -clp:ErrorsOnly -o out || exit 2
dotnet out/finding.dll
