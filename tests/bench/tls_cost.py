#!/usr/bin/python3
"""Processor time of protected downloads, against TLS terminators.

Usage: tls_cost.py [--bin FOLDER] [--mib N] [--rounds N]

The same bytes come out of the same clear backend, and go to a client over TLS
1.3: through Pinnace as an FTPS download with PROT P, and through haproxy and
stunnel as a bare stream. What counts is the processor time of the proxy in
between, from its start to the last byte. Rounds are interleaved. Needs
haproxy and stunnel4 (tests/bench/tls_cost.sh installs them).
"""

import argparse
import contextlib
import json
import pathlib
import socket
import ssl
import statistics
import subprocess
import tempfile
import threading

import layout
import program
import usage
from from_e2e import certificates, waiting

_CONTROL, _PUBLIC, _DATA, _STREAM, _ADMIN = 24121, 24130, 24140, 24150, 24160
_GATEWAY, _SOURCE = "127.0.0.20", "127.0.0.21"
_CHUNK = bytes(256 * 1024)


class Source:
  """Sends so many bytes to whoever connects: what stands behind the peers."""

  def __init__(self, size):
    self._size = size
    self._listener = socket.create_server((_SOURCE, _STREAM))
    threading.Thread(target=self._serve, daemon=True).start()

  def _serve(self):
    while True:
      connection, _ = self._listener.accept()
      with connection, contextlib.suppress(OSError):
        left = self._size
        while left > 0:
          left -= connection.send(_CHUNK[:min(left, len(_CHUNK))])


class Pinnace:
  name = "pinnace"

  def command(self, folder, binaries, certificate):
    config = {
        "gateway": {
            "workers": 1,
            "listeners": [{"address": f"{_GATEWAY}:{_CONTROL}",
                           "tls": "require"}],
            "tls": {"certificates": [{"cert": certificate.cert,
                                      "key": certificate.key}]},
            "public_ports": [f"{_PUBLIC}-{_PUBLIC + 3}"],
            "probe_interval": "1h",
        },
        "admin": {"listen": f"127.0.0.1:{_ADMIN}"},
        "farms": [{"name": "main", "backends": [
            {"id": "a", "address": f"{_SOURCE}:{_CONTROL}"}]}],
    }
    file = folder / "pinnace.yaml"
    file.write_text(json.dumps(config))  # JSON is YAML.
    return [binaries / "cli/pinnace", "proxy", "--config", file]

  def wait(self, started):
    started.wait_greeting(_GATEWAY, _CONTROL)

  def fetch(self, size, authority):
    subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--ssl-reqd",
         "--cacert", authority.cert, "--user", "anonymous:x", "--output",
         "/dev/null", "--tlsv1.3",
         f"ftp://{_GATEWAY}:{_CONTROL}/{size}"], check=True, timeout=600)


class _Terminator:
  """Speaks TLS in front of Source."""

  def wait(self, started):
    waiting.until(lambda: waiting.accepts(_GATEWAY, _CONTROL),
                  "the terminator", program.READY_SECONDS)
    started.check_runs()

  def fetch(self, size, authority):
    context = ssl.create_default_context(cafile=authority.cert)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    buffer = bytearray(256 * 1024)
    received = 0
    with socket.create_connection((_GATEWAY, _CONTROL)) as plain:
      with context.wrap_socket(plain, server_hostname=_GATEWAY,
                               suppress_ragged_eofs=True) as stream:
        while count := stream.recv_into(buffer):
          received += count
    assert received == size, f"{received} of {size} bytes"


class Haproxy(_Terminator):
  name = "haproxy"

  def command(self, folder, binaries, certificate):
    file = folder / "haproxy.cfg"
    file.write_text(f"""
global
  nbthread 1
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen stream
  bind {_GATEWAY}:{_CONTROL} ssl crt {certificate.both}
  server source {_SOURCE}:{_STREAM}
""")
    return ["/usr/sbin/haproxy", "-db", "-f", file]


class Stunnel(_Terminator):
  name = "stunnel"

  def command(self, folder, binaries, certificate):
    file = folder / "stunnel.conf"
    file.write_text(f"""
foreground = yes
pid =
[stream]
accept = {_GATEWAY}:{_CONTROL}
connect = {_SOURCE}:{_STREAM}
cert = {certificate.both}
""")
    return ["/usr/bin/stunnel4", file]


def _measure(candidate, size, folder, binaries, authority, certificate):
  """Seconds of processor time for one download."""
  counted = usage.of_new_gateway(f"tls-{candidate.name}")
  started = program.Program(
      candidate.name, candidate.command(folder, binaries, certificate),
      layout.GATEWAY_CPU, folder, counted, quiet=candidate.name == "pinnace")
  try:
    candidate.wait(started)
    before = counted.cpu_seconds()
    candidate.fetch(size, authority)
    return counted.cpu_seconds() - before
  finally:
    counted.kill_all()
    started.stop()
    counted.remove()


def main():
  parser = argparse.ArgumentParser(
      description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
  parser.add_argument("--bin", type=pathlib.Path,
                      default=pathlib.Path("bazel-bin"))
  parser.add_argument("--mib", type=int, default=1024)
  parser.add_argument("--rounds", type=int, default=5)
  options = parser.parse_args()
  binaries = options.bin.resolve()
  size = options.mib << 20
  seconds = {}
  with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    folder.chmod(0o755)
    authority = certificates.Authority(folder / "authority", "Bench CA")
    certificate = authority.issue("gateway", _GATEWAY)
    Source(size)
    backend = program.Program(
        "backend", [binaries / "tests/bench/backend/bench_backend", "--listen",
                    f"{_SOURCE}:{_CONTROL}", "--data-ports",
                    f"{_DATA}-{_DATA + 3}", "--announce", _SOURCE],
        layout.BOTH_CPUS, folder)
    try:
      backend.wait_greeting(_SOURCE, _CONTROL)
      for _ in range(options.rounds):
        for candidate in (Pinnace(), Haproxy(), Stunnel()):
          seconds.setdefault(candidate.name, []).append(_measure(
              candidate, size, folder, binaries, authority, certificate))
    finally:
      backend.stop()
  ours = statistics.median(seconds["pinnace"])
  print(f"{options.mib} MiB, processor seconds, median of {options.rounds}:")
  for name, measured in seconds.items():
    median = statistics.median(measured)
    print(f"  {name:8} {median:6.2f}  pinnace costs {ours / median:4.2f} of it"
          f"  ({min(measured):.2f} to {max(measured):.2f})")


if __name__ == "__main__":
  main()
