#!/usr/bin/env bash
# How many lines of the protocol core (proxy/ftp, proxy/session) its tests
# reach: unit tests, dialogues, the corpora of the fuzz targets and the
# simulator. Below 95 % of a folder it fails. The last line is
# `N passed, M failed`.
#
# --uncovered also prints the lines that none reaches. PINNACE_OUTPUT_BASE:
# Bazel's output base.
set -uo pipefail

case "${1:-}" in
  '' | --uncovered) ;;
  *) echo "usage: tests/coverage.sh [--uncovered]" >&2; exit 2 ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
# shellcheck source=deploy/quickstart/debian-packages.sh
. deploy/quickstart/debian-packages.sh
deploy/install-build-deps.sh && install_packages clang llvm || exit 1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

run_bazel() {
  bazel ${PINNACE_OUTPUT_BASE:+--output_base="$PINNACE_OUTPUT_BASE"} "$@"
}

# What tests the core as it is: nothing else of the shell is built for it.
targets=$(run_bazel query --noshow_progress --ui_event_filters=-info \
  "tests(//proxy/ftp:all + //proxy/session:all + //tests/dialogues:all +
         //tests/simulation:all + //tests/fuzz:line_buffer_corpus_test +
         //tests/fuzz:reply_reader_corpus_test +
         //tests/fuzz:data_address_corpus_test +
         //tests/fuzz:features_corpus_test +
         //tests/fuzz:session_corpus_test)") || exit 1
# shellcheck disable=SC2086 # one label a line
run_bazel test --config=coverage --noshow_progress \
  --ui_event_filters=-info --test_summary=terse --nocache_test_results \
  --symlink_prefix=coverage- --test_env=LLVM_PROFILE_FILE="$scratch/%m.profraw" \
  --test_env=PINNACE_SESSIONS=2000 --strategy=TestRunner=local \
  $targets || exit 1

objects=()
for target in $targets; do
  path=${target#//}
  objects+=(-object "coverage-bin/${path/://}")
done
# What it says of mismatched data is about inline functions that an object has
# no use for.
llvm-profdata merge -o "$scratch/merged" "$scratch"/*.profraw &&
  llvm-cov export -format=lcov -instr-profile="$scratch/merged" \
    "${objects[@]}" >"$scratch/lines" \
    2> >(grep -v 'functions have mismatched data' >&2) || exit 1
/usr/bin/python3 tests/coverage_report.py "$scratch/lines" --least=95 "$@" \
  proxy/ftp proxy/session
