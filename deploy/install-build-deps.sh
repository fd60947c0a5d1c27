#!/usr/bin/env bash
# Installs every Debian 12 package that building Pinnace needs; when all are
# there it does nothing, and quickly.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/quickstart/debian-packages.sh
. "$here/quickstart/debian-packages.sh"

packages=(
  # Compiler and build tool.
  bazel-bootstrap bazel-rules-java bazel-rules-proto
  g++ git pkg-config python3-minimal ca-certificates
  # Libraries.
  libuv1-dev libabsl-dev libgrpc++-dev libprotobuf-dev libssl-dev
  libsqlite3-dev libxxhash-dev libyaml-cpp-dev
  # cpp-httplib is a header that wants what the library was built with.
  libcpp-httplib-dev libbrotli-dev zlib1g-dev
  # Code generators.
  protobuf-compiler protobuf-compiler-grpc
  # Tests.
  libgtest-dev libgmock-dev libbenchmark-dev
)
# The dashboard's. Any node from 18 on serves, from wherever it comes.
command -v node >/dev/null || packages+=(nodejs)
command -v npm >/dev/null || packages+=(npm)
install_packages "${packages[@]}"
