#!/usr/bin/python3
"""How long TLS handshakes keep a command of another session waiting.

Usage: handshake_delay.py [--bin FOLDER] [--seconds N] [--clients N]

One session sends NOOP after NOOP to a gateway of one worker, first alone, then
while clients make full handshakes with the same worker, one after the other,
as fast as they can (`openssl s_time -new` on an implicit listener).
"""

import argparse
import json
import pathlib
import re
import socket
import subprocess
import tempfile
import time

import layout
import program
from from_e2e import certificates

_CONTROL, _IMPLICIT, _PUBLIC, _DATA, _ADMIN = 24121, 24122, 24130, 24140, 24160
_GATEWAY, _SOURCE = "127.0.0.20", "127.0.0.21"


def _config(certificate):
  return {
      "gateway": {
          "workers": 1,
          "listeners": [
              {"address": f"{_GATEWAY}:{_CONTROL}"},
              {"address": f"{_GATEWAY}:{_IMPLICIT}", "tls": "implicit"}],
          "tls": {"certificates": [{"cert": certificate.cert,
                                    "key": certificate.key}]},
          "public_ports": [f"{_PUBLIC}-{_PUBLIC + 3}"],
          "probe_interval": "1h",
      },
      "admin": {"listen": f"127.0.0.1:{_ADMIN}"},
      "farms": [{"name": "main", "backends": [
          {"id": "a", "address": f"{_SOURCE}:{_CONTROL}"}]}],
  }


def _login():
  control = socket.create_connection((_GATEWAY, _CONTROL), timeout=30)
  control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
  lines = control.makefile("rb")
  lines.readline()
  for line in (b"USER anonymous\r\n", b"PASS x\r\n"):
    control.sendall(line)
    lines.readline()
  return control, lines


def _noops(control, lines, seconds):
  """Milliseconds of each, sorted."""
  taken = []
  end = time.monotonic() + seconds
  while (begun := time.monotonic()) < end:
    control.sendall(b"NOOP\r\n")
    lines.readline()
    taken.append((time.monotonic() - begun) * 1000)
  return sorted(taken)


def _say(what, taken):
  def at(share):
    return taken[min(len(taken) - 1, int(len(taken) * share))]
  print(f"{what:12} {len(taken):7} NOOP, ms: p50 {at(0.5):.2f}, "
        f"p99 {at(0.99):.2f}, p99.9 {at(0.999):.2f}, most {taken[-1]:.2f}")


def _handshakes(seconds):
  return subprocess.Popen(
      program.pinned(layout.LOAD_CPU, [
          "openssl", "s_time", "-connect", f"{_GATEWAY}:{_IMPLICIT}", "-new",
          "-time", str(seconds)]),
      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
      stderr=subprocess.DEVNULL, text=True)


def main():
  parser = argparse.ArgumentParser(
      description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
  parser.add_argument("--bin", type=pathlib.Path,
                      default=pathlib.Path("bazel-bin"))
  parser.add_argument("--seconds", type=int, default=10)
  parser.add_argument("--clients", type=int, default=4)
  options = parser.parse_args()
  binaries = options.bin.resolve()
  with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    folder.chmod(0o755)
    authority = certificates.Authority(folder / "authority", "Bench CA")
    file = folder / "pinnace.yaml"
    file.write_text(json.dumps(_config(authority.issue("gateway", _GATEWAY))))
    backend = program.Program(
        "backend", [binaries / "tests/bench/backend/bench_backend", "--listen",
                    f"{_SOURCE}:{_CONTROL}", "--data-ports",
                    f"{_DATA}-{_DATA + 3}", "--announce", _SOURCE],
        layout.BOTH_CPUS, folder)
    gateway = program.Program(
        "pinnace", [binaries / "cli/pinnace", "proxy", "--config", file],
        layout.GATEWAY_CPU, folder, quiet=True)
    try:
      backend.wait_greeting(_SOURCE, _CONTROL)
      gateway.wait_greeting(_GATEWAY, _CONTROL)
      control, lines = _login()
      _say("alone", _noops(control, lines, options.seconds))
      storm = [_handshakes(options.seconds) for _ in range(options.clients)]
      _say("handshakes", _noops(control, lines, options.seconds - 1))
      made = sum(
          int(re.search(r"(\d+) connections in \d+ real",
                        one.communicate()[0])[1]) for one in storm)
      print(f"{made / options.seconds:.0f} handshakes a second, by "
            f"{options.clients} clients")
      control.close()
    finally:
      gateway.stop()
      backend.stop()


if __name__ == "__main__":
  main()
