#!/usr/bin/env bash
# What a protected download costs, against haproxy and stunnel: installs them,
# builds with -c opt, measures (tls_cost.py). Two processors that do nothing
# else; a quarter of an hour. PINNACE_OUTPUT_BASE: Bazel's output base.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/quickstart/debian-packages.sh
. deploy/quickstart/debian-packages.sh

deploy/install-build-deps.sh
install_packages curl haproxy openssl python3 stunnel4 util-linux
bazel ${PINNACE_OUTPUT_BASE:+--output_base="$PINNACE_OUTPUT_BASE"} \
  build -c opt --noshow_progress --ui_event_filters=-info \
  //cli:pinnace //tests/bench/backend:bench_backend
exec /usr/bin/python3 tests/bench/tls_cost.py "$@"
