#!/usr/bin/env bash
# Pinnace in two minutes: builds it, starts it in front of two vsftpd servers
# on loopback, moves files through it in every data mode, and keeps running
# until Ctrl-C. With --once it stops after the check and exits 0 or 1.
#
# Ports, when these are taken: FTP_PORT (2121), BACKEND_PORT (2121),
# GRPC_PORT (9021), ADMIN_PORT (8021), PUBLIC_PORTS (30000-30099: outside of
# what the kernel gives to outgoing connections).
set -euo pipefail

once=
case "${1:-}" in
  '') ;;
  --once) once=1 ;;
  *) echo "usage: deploy/quickstart.sh [--once]" >&2; exit 2 ;;
esac

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$tree"
# shellcheck source=deploy/quickstart/debian-packages.sh
. deploy/quickstart/debian-packages.sh

FTP_PORT=${FTP_PORT:-2121}
BACKEND_PORT=${BACKEND_PORT:-2121}
GRPC_PORT=${GRPC_PORT:-9021}
ADMIN_PORT=${ADMIN_PORT:-8021}
PUBLIC_PORTS=${PUBLIC_PORTS:-30000-30099}
backends=(a:127.0.0.11 b:127.0.0.12)
server=127.0.0.1:$GRPC_PORT
url=ftp://127.0.0.1:$FTP_PORT
pinnace=bazel-bin/cli/pinnace

say() { printf '\n== %s\n' "$*"; }
fail() { printf '\nFAILED: %s\n' "$*" >&2; exit 1; }

# until_true SECONDS COMMAND...: polls, with a deadline.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

all_ended() {
  local pid
  for pid in "${started[@]}"; do ! as_root kill -0 "$pid" || return 1; done
}

greets() {
  [ "$(timeout 3 head -c 3 <"/dev/tcp/$1/$2")" = 220 ]
}

fill_in() {  # fill_in TEMPLATE NAME=VALUE...
  local script=() pair
  for pair in "${@:2}"; do
    script+=(-e "s|@${pair%%=*}@|${pair#*=}|g")
  done
  sed "${script[@]}" "$1"
}

folder=$(mktemp -d /tmp/pinnace-quickstart.XXXXXX)
started=()
clean_up() {
  local status=$?
  trap - EXIT INT TERM
  local pid
  for pid in "${started[@]}"; do as_root kill "$pid" 2>/dev/null || true; done
  # A gateway with open sessions drains first; here it need not.
  until_true 3 all_ended ||
    for pid in "${started[@]}"; do
      as_root kill -KILL "$pid" 2>/dev/null || true
    done
  wait 2>/dev/null || true
  as_root rm -rf "$folder"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "Packages"
deploy/install-build-deps.sh
install_packages curl procps
unpack_vsftpd
echo "All there."

say "Build (a first one takes minutes)"
bazel ${PINNACE_OUTPUT_BASE:+--output_base="$PINNACE_OUTPUT_BASE"} \
  build -c opt --noshow_progress --ui_event_filters=-info //cli:pinnace
"$pinnace" --version 2>/dev/null || true

say "Two vsftpd backends"
root_prefix=()
[ "$(id -u)" -eq 0 ] || root_prefix=(sudo)
for backend in "${backends[@]}"; do
  id=${backend%%:*} address=${backend#*:}
  home=$folder/$id
  mkdir -p "$home/files/incoming" "$home/empty"
  chmod 755 "$folder" "$home" "$home/files"
  chmod 777 "$home/files/incoming"
  echo "This is backend $id." >"$home/files/hello.txt"
  fill_in deploy/quickstart/vsftpd.conf ADDRESS="$address" \
    PORT="$BACKEND_PORT" FOLDER="$home" >"$home/vsftpd.conf"
  as_root chown 0:0 "$home/vsftpd.conf"
  # No function here: $! must be the server and not a shell around it.
  "${root_prefix[@]}" "$(unpacked_root)/usr/sbin/vsftpd" "$home/vsftpd.conf" \
    </dev/null >"$home/log" 2>&1 &
  started+=($!)
  until_true 10 greets "$address" "$BACKEND_PORT" ||
    fail "vsftpd did not start on $address:$BACKEND_PORT: $(cat "$home/log")"
  echo "$id: $address:$BACKEND_PORT"
done

say "pinnace serve"
fill_in deploy/quickstart/pinnace.yaml FTP_PORT="$FTP_PORT" \
  GRPC_PORT="$GRPC_PORT" ADMIN_PORT="$ADMIN_PORT" FOLDER="$folder" \
  PUBLIC_PORTS="$PUBLIC_PORTS" >"$folder/pinnace.yaml"
"$pinnace" serve --config "$folder/pinnace.yaml" </dev/null \
  >"$folder/pinnace.log" 2>&1 &
gateway=$!
started+=("$gateway")
admin=http://127.0.0.1:$ADMIN_PORT
is_up() { curl -sS -m 5 --fail -o /dev/null "$admin/healthz" 2>/dev/null; }
gateway_up_or_dead() { ! kill -0 "$gateway" || is_up; }
until_true 15 gateway_up_or_dead || true
if ! kill -0 "$gateway" 2>/dev/null; then
  cat "$folder/pinnace.log" >&2
  fail "pinnace serve ended; its own words are above"
fi
is_up || fail "$admin/healthz does not answer 200"
echo "Clients go to $url, whichever backend serves them."

ctl() { "$pinnace" ctl "$@" --server "$server"; }

say "Registering both backends over gRPC"
for backend in "${backends[@]}"; do
  ctl backend register --farm main --id "${backend%%:*}" \
    --address "${backend#*:}:$BACKEND_PORT" --ttl 24h
done
logs_in() { curl -sS -m 5 --user ftp:quickstart "$url/hello.txt"; }
until_true 15 logs_in || fail "no backend serves: $(logs_in 2>&1)"
logs_in

say "1 MiB up and down in each data mode"
head -c 1048576 /dev/urandom >"$folder/sent"
for mode in PASV EPSV PORT EPRT; do
  case $mode in
    PASV) options=(--disable-epsv) ;;
    EPSV) options=() ;;
    PORT) options=(--ftp-port 127.0.0.1 --disable-eprt) ;;
    EPRT) options=(--ftp-port 127.0.0.1) ;;
  esac
  remote=$url/incoming/$mode.bin
  # One curl, so one session: the file is on the backend that took it.
  curl -sS -v -m 30 --user ftp:quickstart "${options[@]}" \
    -T "$folder/sent" "$remote" --next \
    -sS -v -m 30 --user ftp:quickstart "${options[@]}" \
    -o "$folder/received" "$remote" 2>"$folder/transcript" || {
    cat "$folder/transcript" >&2
    fail "$mode"
  }
  grep -q "^> $mode" "$folder/transcript" || fail "curl did not use $mode"
  sum=$(sha256sum <"$folder/received")
  [ "$sum" = "$(sha256sum <"$folder/sent")" ] ||
    fail "$mode: the file that came back is another one"
  echo "$mode ok, sha256 ${sum:0:16}..."
done

say "A session, while it runs (pinnace ctl session list)"
exec 9<>"/dev/tcp/127.0.0.1/$FTP_PORT"
printf 'USER ftp\r\nPASS quickstart\r\n' >&9
while IFS= read -rt 10 -u 9 line; do
  case $line in 230\ *) break ;; [45]*) fail "login: $line" ;; esac
done
ctl session list || fail "pinnace ctl session list"
printf 'QUIT\r\n' >&9
exec 9>&-

say "The farm (pinnace ctl backend list)"
ctl backend list || fail "pinnace ctl backend list"
curl -sS -m 5 --fail "$admin/readyz" || fail "$admin/readyz"

say "All well. Admin page: $admin/"
[ -z "$once" ] || exit 0
cat <<HINT
Try:  curl -u ftp:any $url/hello.txt
      curl $admin/api/v1/sessions
      $pinnace ctl backend drain a --server $server
Stop: Ctrl-C
HINT
wait "$gateway" || true
cat "$folder/pinnace.log" >&2
fail "pinnace serve ended"
