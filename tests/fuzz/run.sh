#!/usr/bin/env bash
# Every fuzz target for SECONDS each, with libFuzzer, address and undefined
# behaviour sanitizers: tests/fuzz/run.sh SECONDS [TARGET...]
# What it finds is kept in fuzz-findings/, and is said with the command that
# shows it again. The last line is `N passed, M failed`.
set -uo pipefail

seconds=${1:-}
case "$seconds" in
  '' | *[!0-9]*) echo "usage: tests/fuzz/run.sh SECONDS [TARGET...]" >&2; exit 2 ;;
esac
shift
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
# shellcheck source=deploy/quickstart/debian-packages.sh
. deploy/quickstart/debian-packages.sh
deploy/install-build-deps.sh && install_packages clang || exit 1

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for file in tests/fuzz/*_fuzz.cc; do
    targets+=("$(basename "$file" _fuzz.cc)")
  done
fi
labels=()
for target in "${targets[@]}"; do labels+=("//tests/fuzz:${target}_fuzz"); done
CC=clang bazel ${PINNACE_OUTPUT_BASE:+--output_base="$PINNACE_OUTPUT_BASE"} \
  build --symlink_prefix=fuzz- --copt=-O1 --copt=-g1 --copt=-Wno-error \
  --copt=-fsanitize=fuzzer-no-link,address,undefined \
  --copt=-fno-sanitize=function,vptr \
  --linkopt=-fsanitize=fuzzer,address,undefined --strip=never \
  --noshow_progress --ui_event_filters=-info "${labels[@]}" || exit 1

# One script of a session reaches thousands of places. Weighing how rare each of
# them is takes longer than running it.
flags_of() {
  case "$1" in
    session) echo -entropic=0 -max_len=2048 ;;
  esac
}

passed=0
failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p fuzz-findings
for target in "${targets[@]}"; do
  corpus=tests/fuzz/${target}_corpus
  mkdir "$scratch/$target"
  printf '=== %s, %d s\n' "$target" "$seconds"
  # shellcheck disable=SC2046 # flags are words
  if "fuzz-bin/tests/fuzz/${target}_fuzz" $(flags_of "$target") \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="fuzz-findings/${target}-" \
    "$scratch/$target" "$corpus" >"$scratch/log" 2>&1; then
    passed=$((passed + 1))
    # What the corpus reaches at the begin and what is reached at the end.
    grep -E '^#[0-9]+[[:space:]]+(INITED|DONE)|^stat::' "$scratch/log"
  else
    failed=$((failed + 1))
    tail -n 60 "$scratch/log"
    echo "again: fuzz-bin/tests/fuzz/${target}_fuzz fuzz-findings/${target}-..."
  fi
  rm -rf "${scratch:?}/$target"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
