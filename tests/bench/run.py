#!/usr/bin/python3
"""Pinnace against its peers on loopback. Called by tests/bench/run.sh.

Every round runs every scenario with every candidate, one after the other, so
that a machine whose speed drifts spoils no ratio.
"""

import argparse
import json
import pathlib
import resource
import shutil
import signal
import sys
import tempfile

import layout
import peers
import program
import scenarios
import stage
import table
from from_e2e import waiting

_FILES = 20_000


def parse_options():
  root = pathlib.Path(__file__).resolve().parents[2]
  parser = argparse.ArgumentParser(
      prog="tests/bench/run.sh", description=__doc__,
      formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--peers", type=_names(peers.LISTED),
                      default=list(peers.DEFAULT), metavar="NAME,...",
                      help=f"of {', '.join(peers.LISTED)}")
  parser.add_argument("--scenarios", type=_names(scenarios.ALL),
                      default=list(scenarios.ALL), metavar="NAME,...",
                      help=f"of {', '.join(scenarios.ALL)}")
  parser.add_argument("--rounds", type=int, default=5)
  parser.add_argument("--json", type=pathlib.Path, metavar="FILE",
                      help="where the raw results go, after each round")
  parser.add_argument("--quick", action="store_true",
                      help="a smoke test; its numbers mean nothing")
  parser.add_argument("--bin", type=pathlib.Path, default=root / "bazel-bin",
                      help="where the built programs are")
  return parser.parse_args()


def _names(known):
  def parse(words):
    names = words.split(",")
    for name in names:
      if name not in known:
        raise argparse.ArgumentTypeError(
            f"{name!r} is none of {', '.join(known)}")
    return names

  return parse


def copy_binaries(built, folder):
  """A build in mid-run changes nothing."""
  def copied(path):
    return shutil.copy(built / path, folder)

  return stage.Binaries(
      pinnace=copied("cli/pinnace"),
      backend=copied("tests/bench/backend/bench_backend"),
      relay=copied("tests/bench/relay/splice_relay"),
      load=copied("tests/bench/load/bench_load"))


def allow_files():
  """Thousands of sessions: the limit is for this process and all it starts."""
  _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
  try:
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, max(_FILES, most)))
  except (OSError, ValueError) as failure:
    raise SystemExit(f"at least {_FILES} open files are needed, {most} are "
                     "allowed; see ulimit -n") from failure


class Run:
  """All rounds; `cells` grows by one with each measurement."""

  def __init__(self, options, ports, binaries):
    self._options = options
    self._ports = ports
    self._binaries = binaries
    self._amounts = scenarios.QUICK if options.quick else scenarios.FULL
    self.cells = []

  def all_rounds(self):
    for number in range(self._options.rounds):
      for name in self._options.scenarios:
        scenario = scenarios.ALL[name]
        if number < (scenario.most_rounds or self._options.rounds):
          self._one_scenario(number, scenario)
      self._write()

  def _one_scenario(self, number, scenario):
    names = list(scenario.candidates or ("pinnace", *self._options.peers))
    if scenario.needs_gateway:
      names = [name for name in names if name != "direct"]
    # Nobody is always first.
    start = number % len(names)
    for name in names[start:] + names[:start]:
      cell = {"round": number + 1, "scenario": scenario.name,
              "candidate": name, "place": names.index(name),
              **self._measure(scenario, peers.ALL[name])}
      self.cells.append(cell)
      self._say(cell, scenario)

  def _measure(self, scenario, candidate):
    measured = stage.Stage(candidate, self._ports, self._binaries, scenario,
                           self._amounts)
    values, error = {}, None
    try:
      with measured:
        values = scenario.measure(measured)
    except (program.Failed, waiting.Timeout) as failure:
      error = str(failure)
    return {"note": values.pop("note", None), "error": error,
            "values": values, "reports": measured.reports}

  def _say(self, cell, scenario):
    values = ", ".join(
        f"{table.number(cell['values'][metric.key])} {metric.label}"
        for metric in scenario.metrics if metric.key in cell["values"])
    print(f"round {cell['round']}, {cell['scenario']}, {cell['candidate']}: "
          f"{table.first_line(cell['error'] or values)}", file=sys.stderr,
          flush=True)

  def _write(self):
    if self._options.json:
      self._options.json.write_text(json.dumps({
          "quick": self._options.quick, "rounds": self._options.rounds,
          "cells": self.cells}, indent=1) + "\n")


def main():
  options = parse_options()
  # As Ctrl-C: what was started is stopped.
  signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
  allow_files()
  try:
    with tempfile.TemporaryDirectory(prefix="pinnace-bench.") as folder:
      run = Run(options, layout.find_free(),
                copy_binaries(options.bin, folder))
      run.all_rounds()
  except layout.PortTaken as failure:
    raise SystemExit(str(failure)) from failure
  except KeyboardInterrupt:
    return 130
  print(table.text(run.cells))
  return 1 if any(cell["error"] for cell in run.cells
                  if cell["candidate"] == "pinnace") else 0


if __name__ == "__main__":
  raise SystemExit(main())
