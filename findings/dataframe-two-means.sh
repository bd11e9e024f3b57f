#!/usr/bin/env bash
# Microsoft.Data.Analysis 0.23.1 gives two means of the same column where values are missing.
#
# Guess before the run: the mean is over the values that are present, wherever it is asked for. For 1, missing, 3 it is 2.
#
# Seen: column.Mean() is 2. The row Mean of DataFrame.Description() is 1.333..., the sum divided by all rows, in a table whose row
# "Length (excluding null values)" says 2. Who centres the inputs of a network by that table centres them wrongly.
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

SingleDataFrameColumn x = new("x", new float?[] { 1, null, 3 });
DataFrame table = new DataFrame(x).Description();
double column = Convert.ToDouble(x.Mean());
double Row(string name) => Convert.ToDouble(table.Rows.Single(r => ((string)r[0]).StartsWith(name, StringComparison.Ordinal))[1]);
double described = Row("Mean"), length = Row("Length");
Console.WriteLine(FormattableString.Invariant($"mean of 1, missing, 3: column {column}, description {described}, its length {length}"));
bool asDescribed = column == 2 && Math.Abs(described - (4.0 / 3)) < 1e-6 && length == 2;
Console.WriteLine(asDescribed ? "As described." : "The behaviour has changed.");
return asDescribed ? 0 : 1;
PROGRAM

cd "$folder"
dotnet build -c Release -v quiet -nologo -clp:ErrorsOnly -o out || exit 2
dotnet out/finding.dll
