#!/usr/bin/env bash
# Pinnace against its peers on loopback: installs what the peers need, builds
# with -c opt, measures. `tests/bench/run.sh --help` says how; a whole run
# takes an hour or two on two processors that do nothing else.
#
# PINNACE_OUTPUT_BASE: Bazel's output base. Root, or sudo for packages.
set -euo pipefail

started_in=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tree=$PWD
# shellcheck source=deploy/quickstart/debian-packages.sh
. deploy/quickstart/debian-packages.sh

peers=direct,relay,haproxy,modproxy  # As in peers.py.
arguments=("$@")
for number in "${!arguments[@]}"; do
  case ${arguments[number]} in
    --peers) peers=${arguments[number + 1]:-} ;;
    --peers=*) peers=${arguments[number]#--peers=} ;;
    --help | -h) exec /usr/bin/python3 tests/bench/run.py --help ;;
  esac
done

deploy/install-build-deps.sh
install_packages python3 util-linux
IFS=, read -ra names <<<"$peers"
for name in "${names[@]}"; do
  case $name in
    haproxy) install_packages haproxy ;;
    nginx) install_packages nginx-light libnginx-mod-stream ;;
    modproxy)
      unpack_server proftpd-core usr/sbin/proftpd \
        libacl1 libcap2 libcrypt1 libhiredis0.14 libidn2-0 libmemcached11 \
        libmemcachedutil2 libncursesw6 libpam0g libpcre2-8-0 \
        libpcre2-posix3 libssl3 libtinfo6 zlib1g
      # Modules: no file in them is executable, but a folder is. mod_proxy
      # needs the OpenSSL that comes with mod_tls.
      unpack_server proftpd-mod-crypto usr/share/doc/proftpd-mod-crypto
      unpack_server proftpd-mod-proxy usr/share/doc/proftpd-mod-proxy \
        libsodium23 libsqlite3-0
      ;;
  esac
done

bazel ${PINNACE_OUTPUT_BASE:+--output_base="$PINNACE_OUTPUT_BASE"} \
  build -c opt --noshow_progress --ui_event_filters=-info \
  //cli:pinnace //tests/bench/...

export PINNACE_UNPACKED
PINNACE_UNPACKED=$(unpacked_root)
cd "$started_in"  # What --json names is relative to it.
exec /usr/bin/python3 "$tree/tests/bench/run.py" "$@"
