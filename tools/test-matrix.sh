#!/usr/bin/env bash
# Runs tests/FastMlp.Tests once for each instruction set that this machine can be made to use.
# A switch that does nothing would test the default twice and pass, so each run says in FASTMLP_EXPECTED_ISA what
# must be active, and Claims/ActiveInstructionSetTests fails if it is not. The expected name comes from the CPU's own
# flags, not from FastMlp.
#
#   tools/test-matrix.sh              every run (build first: dotnet build -c Release)
#   tools/test-matrix.sh --switches   without the default run, where `dotnet test` has done that already
#   tools/test-matrix.sh --default    prints the set expected without any switch, and ends
#
# The last line is `N passed, N failed`; the exit code is 0 only if nothing failed.
set -euo pipefail
cd "$(dirname "$0")/.."

tests=tests/FastMlp.Tests/bin/Release/net10.0/FastMlp.Tests.dll
row_minutes=10 # A row takes well under this; a hang must end with the row's name, not with the job's own time limit.

case "$(uname -m)" in
  arm64 | aarch64) arm=yes ;;
  *) arm=no ;;
esac

# One line with what the CPU offers, in the words of Linux. Git's bash on Windows has /proc/cpuinfo too; macOS has sysctl.
cpu_flags() {
  if [ -r /proc/cpuinfo ]; then
    grep -m1 '^flags' /proc/cpuinfo || true
  else
    { sysctl -n machdep.cpu.features machdep.cpu.leaf7_features 2>/dev/null || true; } | tr '\n' ' ' | tr '[:upper:]' '[:lower:]'
  fi
}

has() {
  case " $flags " in
    *" $1 "*) return 0 ;;
    *) return 1 ;;
  esac
}

# Skylake-X, Cascade Lake and Cooper Lake lower their clock for 512-bit code; the runtime keeps to 256 bits there.
throttles_at_512() {
  grep -q '^vendor_id.*GenuineIntel' /proc/cpuinfo 2>/dev/null &&
    grep -q '^cpu family[[:space:]]*: 6$' /proc/cpuinfo && grep -q '^model[[:space:]]*: 85$' /proc/cpuinfo
}

flags=$(cpu_flags)
avx512=no
if [ "$arm" = yes ]; then
  default=NEON
else
  if [ -z "$flags" ]; then
    echo "test-matrix: the CPU's flags are neither in /proc/cpuinfo nor known to sysctl, so no instruction set can be expected." >&2
    exit 1
  fi
  widest_below_512=SSE
  if has avx2 && has fma; then widest_below_512=AVX2; fi
  default=$widest_below_512
  if has avx512f && has avx512bw && has avx512cd && has avx512dq && has avx512vl; then
    avx512=yes
    throttles_at_512 || default=AVX-512
  fi
fi

switches_only=no
case "${1:-}" in
  "") ;;
  --switches) switches_only=yes ;;
  --default) echo "$default"; exit 0 ;;
  *) echo "test-matrix: $1 is not --switches or --default" >&2; exit 2 ;;
esac

if [ ! -f "$tests" ]; then
  echo "test-matrix: $tests is not there; build first: dotnet build -c Release" >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0

# run NAME EXPECTED [VARIABLE=VALUE] [runner options...]
run() {
  local name=$1 expected=$2
  shift 2
  local limit=env status=0 summary total errors bad skipped seconds=$SECONDS
  if command -v timeout >/dev/null; then limit="timeout $((row_minutes * 60))"; fi # macOS has none
  local setting=FASTMLP_MATRIX_ROW=$name # Something harmless to set where the row sets no switch.
  case "${1:-}" in *=*) setting=$1; shift ;; esac
  # shellcheck disable=SC2086 # a command and its argument
  env "$setting" FASTMLP_EXPECTED_ISA="$expected" $limit dotnet "$tests" -noLogo -noColor "$@" </dev/null >"$log" 2>&1 || status=$?
  summary=$(grep -E 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+' "$log" | tail -n 1 || true)
  if [ -z "$summary" ]; then
    cat "$log"
    printf '%-10s %-36s no summary: the run ended with exit code %s after %s s\n' "$expected" "$name" "$status" $((SECONDS - seconds))
    failed=$((failed + 1))
    return
  fi
  number() { sed -E "s/.*$1: ([0-9]+).*/\1/" <<<"$summary"; }
  total=$(number Total); errors=$(number Errors); bad=$(number Failed); skipped=$(number Skipped)
  bad=$((bad + errors))
  # A run of nothing, or a crash after the last test, is no success.
  if [ "$bad" -eq 0 ] && { [ "$total" -eq 0 ] || [ "$status" -ne 0 ]; }; then bad=1; fi
  if [ "$bad" -ne 0 ]; then cat "$log"; fi
  local good=$((total - $(number Failed) - skipped))
  printf '%-10s %-36s %s passed, %s failed, %s skipped, %s s\n' "$expected" "$name" "$good" "$bad" "$skipped" $((SECONDS - seconds))
  passed=$((passed + good))
  failed=$((failed + bad))
}

[ "$switches_only" = yes ] || run default "$default"
run DOTNET_EnableHWIntrinsic=0 scalar DOTNET_EnableHWIntrinsic=0
if [ "$arm" = no ]; then
  run DOTNET_EnableAVX2=0 SSE DOTNET_EnableAVX2=0
  if [ "$avx512" = yes ]; then
    run DOTNET_EnableAVX512=0 "$widest_below_512" DOTNET_EnableAVX512=0
    run DOTNET_PreferredVectorBitWidth=256 "$widest_below_512" DOTNET_PreferredVectorBitWidth=256
  else
    # Without AVX-512 these two change nothing: the claims alone, and the names say so.
    run "DOTNET_EnableAVX512=0 (claims)" "$widest_below_512" DOTNET_EnableAVX512=0 -namespace FastMlp.Tests.Claims
    run "PreferredVectorBitWidth=256 (claims)" "$widest_below_512" DOTNET_PreferredVectorBitWidth=256 -namespace FastMlp.Tests.Claims
  fi
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
