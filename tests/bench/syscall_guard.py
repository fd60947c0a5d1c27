#!/usr/bin/python3
"""Holds the gateway's system calls per login, NOOP and transfer to bounds.

Usage: syscall_guard.py [--bin FOLDER] [--update]

One session does the same thing over and over; strace counts what the gateway
does meanwhile. epoll_wait is left out: how often a loop wakes depends on what
arrives together, and so do reads and writes a little; the bounds of
syscall_bounds.json leave room for these. All others are the same on every run.
--update writes the bounds anew from what is measured now. Ends with "N passed,
M failed" alone on a line.
"""

import argparse
import collections
import contextlib
import json
import math
import pathlib
import signal
import subprocess
import sys
import tempfile

import layout
import peers
import program
import run
import scenarios
import stage
from from_e2e import waiting

_HERE = pathlib.Path(__file__).resolve().parent
_BOUNDS = _HERE / "syscall_bounds.json"

_UNITS = 300
_RUN_SECONDS = 120
_NOT_COUNTED = {"epoll_wait"}
# Reads more than measured: a reply or an end of file that arrives by itself.
_READS_APART = {"login": 1, "noop": 0}
_READS_APART_IN_TRANSFER = 2
# Of the gateway's own doings beside the sessions: probes, its other threads.
_NOISE = 0.1

# What one session does; the load's words for it.
_OPERATIONS = {
    "login": ("login", {}),
    "noop": ("noop", {}),
    "retr_pasv": ("retr", {"mode": "pasv"}),
    "retr_epsv": ("retr", {"mode": "epsv"}),
    "stor_pasv": ("stor", {"mode": "pasv"}),
    "list_pasv": ("list", {"mode": "pasv"}),
}


class Trace:
  """strace on a running gateway, for as long as the context lasts."""

  def __init__(self, pids, folder):
    self._words = pathlib.Path(folder) / "strace.words"
    self._summary = pathlib.Path(folder) / "strace.summary"
    self._pids = pids
    self._process = None

  def __enter__(self):
    command = ["strace", "--follow-forks", "--summary-only",
               "--summary-columns=calls,name", f"--output={self._summary}"]
    for pid in self._pids:
      command += ["--attach", str(pid)]
    with open(self._words, "wb") as words:
      self._process = subprocess.Popen(command, stderr=words,
                                       stdin=subprocess.DEVNULL,
                                       start_new_session=True)
    try:
      waiting.until(self._is_attached, "strace to attach", 20)
    except BaseException:
      self._process.kill()
      raise
    return self

  def _is_attached(self):
    if self._process.poll() is not None:
      raise program.Failed(f"strace ended: {self._words.read_text()}")
    return "attached" in self._words.read_text()

  def __exit__(self, *_):
    self._process.send_signal(signal.SIGINT)
    self._process.wait(20)

  def calls(self):
    counts = collections.Counter()
    for line in self._summary.read_text().splitlines():
      words = line.split()
      if len(words) == 2 and words[0].isdigit() and words[1] != "total":
        counts[words[1]] += int(words[0])
    return counts


def measure(name, binaries, ports):
  """System calls of each kind for one operation."""
  kind, options = _OPERATIONS[name]
  on = stage.Stage(peers.ALL["pinnace"], ports, binaries,
                   scenarios.ALL["login"], scenarios.FULL)
  with on, contextlib.ExitStack() as exits:
    load = exits.enter_context(
        on.load(kind, sessions=1, count=_UNITS, **options))
    folder = exits.enter_context(tempfile.TemporaryDirectory())
    with Trace(on.pids(), folder) as trace:
      report = load.run(_RUN_SECONDS)
      on.cpu_seconds()  # Comes back when the gateway is at rest.
    if report["errors"] or report["units"] != _UNITS:
      raise program.Failed(f"{name}: {report['first_error']}")
    return {call: count / _UNITS for call, count in trace.calls().items()
            if call not in _NOT_COUNTED}


def bounds_of(name, calls):
  bounds = {call: math.ceil(count - _NOISE)
            for call, count in sorted(calls.items()) if count >= _NOISE}
  bounds["recvfrom"] = (math.floor(calls["recvfrom"]) +
                        _READS_APART.get(name, _READS_APART_IN_TRANSFER))
  return bounds


def check(name, calls, bounds):
  """A failing call is named; one that the bounds do not know fails too."""
  over = [f"{call}: {count:.2f}, bound {bounds.get(call, 0)}"
          for call, count in sorted(calls.items())
          if count > bounds.get(call, 0) + _NOISE]
  parts = ", ".join(f"{call} {count:.2f}"
                    for call, count in sorted(calls.items(),
                                              key=lambda item: -item[1])
                    if count >= _NOISE)
  print(f"{name}: {sum(calls.values()):.2f} system calls ({parts})")
  for line in over:
    print(f"{name}: OVER ITS BOUND: {line}")
  sys.stdout.flush()
  return not over


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument("--bin", type=pathlib.Path,
                      default=_HERE.parents[1] / "bazel-bin")
  parser.add_argument("--update", action="store_true")
  options = parser.parse_args()
  run.allow_files()
  with tempfile.TemporaryDirectory(prefix="pinnace-guard.") as folder:
    binaries = run.copy_binaries(options.bin, folder)
    measured = {name: measure(name, binaries, layout.find_free())
                for name in _OPERATIONS}
  if options.update:
    bounds = {name: bounds_of(name, calls) for name, calls in measured.items()}
    _BOUNDS.write_text(json.dumps(bounds, indent=1) + "\n")
  bounds = json.loads(_BOUNDS.read_text())
  passed = sum(check(name, calls, bounds.get(name, {}))
               for name, calls in measured.items())
  print(f"{passed} passed, {len(measured) - passed} failed")
  return 0 if passed == len(measured) else 1


if __name__ == "__main__":
  sys.exit(main())
