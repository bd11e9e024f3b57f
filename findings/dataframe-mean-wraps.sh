#!/usr/bin/env bash
# Microsoft.Data.Analysis 0.23.1 takes the mean of whole numbers from a sum that wraps in the type of the column.
#
# Guess before the run: Mean() returns a double and adds in a wide type. The mean of three bytes of 200 (pixels) is 200, and that of two
# int of 2,000,000,000 is 2,000,000,000.
#
# Seen: 29.33 for the bytes (the sum wraps to 88) and -147,483,648 for the int, with no exception. Min() of the same bytes is 200, so the
# mean lies below the least value. Who scales pixels by such a mean scales them wrongly.
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

ByteDataFrameColumn pixels = new("pixels", new byte[] { 200, 200, 200 });
Int32DataFrameColumn counts = new("counts", new[] { 2_000_000_000, 2_000_000_000 });
double bytes = pixels.Mean(), ints = counts.Mean(), least = Convert.ToDouble(pixels.Min());
Console.WriteLine(FormattableString.Invariant($"mean of three bytes of 200: {bytes}, their least {least}; mean of two int of 2,000,000,000: {ints}"));
bool asDescribed = Math.Abs(bytes - (88.0 / 3)) < 1e-6 && least == 200 && ints == -147_483_648;
Console.WriteLine(asDescribed ? "As described." : "The behaviour has changed.");
return asDescribed ? 0 : 1;
PROGRAM

cd "$folder"
dotnet build -c Release -v quiet -nologo -clp:ErrorsOnly -o out || exit 2
dotnet out/finding.dll
