#!/usr/bin/env bash
# Everything: packages, build, unit tests, sanitizers, coverage, format, real
# clients against real servers, quickstart. The last line is
# `N passed, M failed`.
#
# --fast leaves the sanitizers out. PINNACE_OUTPUT_BASE: Bazel's output base.
set -uo pipefail

fast=
case "${1:-}" in
  '') ;;
  --fast) fast=1 ;;
  *) echo "usage: tests/run.sh [--fast]" >&2; exit 2 ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
# shellcheck source=deploy/quickstart/debian-packages.sh
. deploy/quickstart/debian-packages.sh

passed=0
failed=0
failed_stages=()
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# stage NAME COMMAND...: a stage whose command fails counts as failed, also
# when none of its cases did.
stage() {
  local name=$1 started=$SECONDS status=0 before=$failed
  shift
  printf '\n=== %s\n' "$name"
  "$@" </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    failed_stages+=("$name")
    [ "$failed" -gt "$before" ] || failed=$((failed + 1))
    printf '=== %s: FAILED, %d s\n' "$name" $((SECONDS - started))
  else
    printf '=== %s: ok, %d s\n' "$name" $((SECONDS - started))
  fi
  return "$status"
}

# Adds the `N passed, M failed` that ends a file.
add_counts() {
  local line words
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$1" | tail -n 1)
  [ -n "$line" ] || return 1
  read -ra words <<<"$line"
  passed=$((passed + words[0]))
  failed=$((failed + words[2]))
}

# For a stage that is one case.
one_case() { "$@" && passed=$((passed + 1)); }

run_bazel() {
  bazel ${PINNACE_OUTPUT_BASE:+--output_base="$PINNACE_OUTPUT_BASE"} "$@"
}

install_all() { deploy/install-build-deps.sh && tests/install-test-deps.sh; }

# The sanitizers run every test but those tagged no-asan. An optimised build of
# the same tests would cost as much again and find less: only what is about the
# optimised program is in it.
optimised_tests=(//tests/cli/... //tests/simulation/...
                 //control-plane/service:scale_test
                 //proxy/io:dial_shortage_test
                 //tests/integration:look_test)
[ -z "$fast" ] || optimised_tests=(//...)

build() {
  run_bazel build -c opt --noshow_progress --ui_event_filters=-info \
    //cli:pinnace //tests/bench/... "${optimised_tests[@]}"
}

# bazel_tests ARGUMENTS OF bazel test...
bazel_tests() {
  local status=0 events=$scratch/events.json
  rm -f "$events"
  run_bazel test -k --noshow_progress --ui_event_filters=-info \
    --test_summary=terse --build_event_json_file="$events" "$@" || status=$?
  [ -s "$events" ] || return 1
  /usr/bin/python3 tests/e2e/count_cases.py "$events" |
    tee "$scratch/counts"
  add_counts "$scratch/counts" || return 1
  return "$status"
}

asan_tests() {
  bazel_tests --config=asan --build_tests_only --test_tag_filters=-no-asan \
    --build_tag_filters=-no-asan //...
}
tsan_tests() {
  bazel_tests --config=tsan --build_tests_only --test_tag_filters=-no-tsan \
    --build_tag_filters=-no-tsan //tests/integration/...
}

format_is_clean() {
  git ls-files -z '*.cc' '*.h' |
    xargs -0 --no-run-if-empty clang-format --dry-run -Werror
}

optimised_binaries() {
  run_bazel build -c opt --noshow_progress --ui_event_filters=-info \
    //cli:pinnace //tests/bench/...
}

# What an operation costs in instructions or system calls: no clock, no noise.
guard() {
  local status=0
  as_root timeout --kill-after=20 600 /usr/bin/python3 "tests/bench/$1" 2>&1 |
    tee "$scratch/guard" || status=$?
  add_counts "$scratch/guard" || return 1
  return "$status"
}

# Of the protocol core, by its own tests.
coverage() {
  local status=0
  tests/coverage.sh 2>&1 | tee "$scratch/coverage" || status=$?
  add_counts "$scratch/coverage" || return 1
  return "$status"
}

# Namespaces need root.
e2e() {
  local status=0
  as_root env PINNACE_UNPACKED="$(unpacked_root)" timeout --kill-after=20 900 \
    /usr/bin/python3 "tests/e2e/$1" 2>&1 | tee "$scratch/e2e" || status=$?
  add_counts "$scratch/e2e" || return 1
  return "$status"
}

quickstart() {
  timeout --kill-after=20 900 deploy/quickstart.sh --once
}

stage "install" install_all
stage "build" build
stage "optimised tests" bazel_tests -c opt "${optimised_tests[@]}"
if [ -z "$fast" ]; then
  stage "tests under asan" asan_tests
  stage "integration under tsan" tsan_tests
fi
stage "coverage" coverage
stage "format" one_case format_is_clean
# The sanitizers' builds have moved bazel-bin.
stage "optimised binaries" optimised_binaries
stage "instruction guard" guard micro/instruction_guard.py
stage "system-call guard" guard syscall_guard.py
stage "e2e: many clients" e2e many_clients.py
stage "e2e: control plane" e2e control_plane.py
stage "e2e: matrix" e2e matrix.py
stage "e2e: FTPS" e2e ftps_matrix.py
stage "e2e: hostile crew" e2e hostile_crew.py
stage "e2e: dashboard" e2e dashboard.py
stage "quickstart" one_case quickstart

# Nothing of this run goes on after it.
[ -z "${CI:-}" ] || run_bazel shutdown >/dev/null 2>&1

printf '\nAll stages: %d s\n' "$SECONDS"
for name in ${failed_stages[@]+"${failed_stages[@]}"}; do
  echo "failed stage: $name"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "${#failed_stages[@]}" -eq 0 ]
