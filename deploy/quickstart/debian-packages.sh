# shellcheck shell=bash
# Debian packages, put on the machine only when they are missing.
# Sourced by deploy/*.sh and tests/*.sh; refuses nothing, starts no service.
# Works as root or through sudo.

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

package_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# The package lists are fetched at most once in one run.
refresh_package_lists() {
  [ -z "${package_lists_fresh:-}" ] || return 0
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  package_lists_fresh=1
}

# RUNLEVEL=1 tells invoke-rc.d that this is no time to start a service.
install_packages() {
  local missing=() package
  for package in "$@"; do
    package_installed "$package" || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  echo "Installing: ${missing[*]}"
  refresh_package_lists
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install \
    -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" </dev/null
}

# Where servers that cannot be installed side by side are unpacked.
unpacked_root() {
  echo "${PINNACE_UNPACKED:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pinnace/unpacked}"
}

# Debian's FTP servers exclude each other (Conflicts: ftp-server), and on a
# machine with systemd each would start by itself on port 21. So they are
# unpacked, not installed, and only their libraries come by apt.
# unpack_server PACKAGE PROGRAM LIBRARY...
unpack_server() {
  local package=$1 program=$2 root work
  shift 2
  root=$(unpacked_root)
  install_packages "$@"
  [ ! -x "$root/$program" ] || return 0
  echo "Unpacking: $package"
  work=$(mktemp -d)
  ( cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$package" ) || {
    refresh_package_lists
    ( cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$package" )
  }
  mkdir -p "$root"
  dpkg-deb -x "$work"/*.deb "$root"
  rm -rf "$work"
  [ -x "$root/$program" ]
}

unpack_vsftpd() {
  unpack_server vsftpd usr/sbin/vsftpd libcap2 libpam0g libssl3 libwrap0
}
