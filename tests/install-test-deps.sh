#!/usr/bin/env bash
# Installs what the tests need beyond the build: real FTP clients, real FTP
# servers, network namespaces and clang-format. Quick when all is there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/quickstart/debian-packages.sh
. "$here/../deploy/quickstart/debian-packages.sh"

packages=(
  clang-format iproute2 procps util-linux
  # A shell to complete in, besides bash.
  zsh
  # Guards on what an operation costs.
  strace valgrind
  # Clients.
  curl lftp ncftp openssl tnftp wget
  # A backend (with TLS), and the interpreter of tests/e2e.
  python3 python3-openssl python3-pyftpdlib
  # A balancer in front of the gateway. Starts no service of its own here.
  haproxy
  # A browser for the dashboard.
  chromium
  # A client of the control plane that knows gRPC's own protocols alone.
  grpc-proto protobuf-compiler python3-grpcio python3-protobuf
)
install_packages "${packages[@]}"

# What judges the names and types of metrics. Its daemon is not wanted.
unpack_server prometheus usr/bin/promtool

unpack_vsftpd
unpack_server proftpd-core usr/sbin/proftpd \
  libacl1 libcap2 libcrypt1 libhiredis0.14 libidn2-0 libmemcached11 \
  libmemcachedutil2 libncursesw6 libpam0g libpcre2-8-0 libpcre2-posix3 \
  libssl3 libtinfo6 zlib1g
# ProFTPD's mod_tls. The folder stands for the package: it has no program.
unpack_server proftpd-mod-crypto usr/share/doc/proftpd-mod-crypto \
  libpam0g libsodium23 libssl3 zlib1g
unpack_server pure-ftpd usr/sbin/pure-ftpd \
  libcap2 libcrypt1 libpam0g libsodium23 libssl3

# What drives the browser, by the hashes of its package-lock.json. Chromium is
# Debian's: no package brings one.
driver=$here/e2e/dashboard
if ! cmp -s "$driver/package-lock.json" "$driver/node_modules/.installed"; then
  (cd "$driver" && npm ci --ignore-scripts --no-audit --no-fund)
  cp "$driver/package-lock.json" "$driver/node_modules/.installed"
fi
