#!/usr/bin/python3
"""Holds what an operation of the protocol core costs to committed bounds.

Usage: instruction_guard.py [CORE_COST] [--update]

Instructions are callgrind's, allocations are calls of operator new; each is
the difference of two runs of core_cost by the operations between them, so that
start-up costs nothing. Both are the same on every run of a binary; between
processors only glibc's string functions differ, by less than one percent.
instruction_bounds.json has the bounds; --update writes them anew from what is
measured: a tenth on top for instructions, nothing for allocations.
"""

import argparse
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

_HERE = pathlib.Path(__file__).resolve().parent
_BOUNDS = _HERE / "instruction_bounds.json"
_BINARY = _HERE.parents[2] / "bazel-bin/tests/bench/micro/core_cost"

_OPERATIONS = ["login", "noop", "retr", "stor"]
# A multiple of the ports of the pool, through which leases go in a circle.
_FEW, _MANY = 100, 1100

_HEAD_ROOM = 1.10
_ROUNDED_TO = 50
# Where the stack begins depends on the environment, and what a copy of bytes
# costs depends on where they are.
_ENVIRONMENT = {"PATH": os.defpath}

# Less than this part of its bound, and the bound guards nothing any more.
_LOOSE = {"instructions": 0.75, "allocations": 1.0}


class GuardError(Exception):
  pass


def run(binary, operation, times):
  """What `times` operations cost, with start-up."""
  with tempfile.TemporaryDirectory() as folder:
    profile = pathlib.Path(folder) / "profile"
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}",
         f"./{binary.name}", operation, str(times)],
        cwd=binary.parent, env=_ENVIRONMENT, capture_output=True, text=True,
        check=False)
    if done.returncode != 0:
      raise GuardError(f"{binary} {operation} failed:\n{done.stderr}")
    facts = json.loads(done.stdout)
    if not facts["optimised"]:
      raise GuardError(f"{binary} is not optimised: build it with -c opt")
    total = re.search(r"^totals: (\d+)$", profile.read_text(), re.MULTILINE)
    return {"instructions": int(total.group(1)),
            "allocations": facts["allocations"]}


def measure(binary, operation):
  few, many = (run(binary, operation, times) for times in (_FEW, _MANY))
  return {unit: (many[unit] - few[unit]) / (_MANY - _FEW) for unit in few}


def bound_of(unit, measured):
  if unit == "allocations":
    return math.ceil(measured)
  return round(measured * _HEAD_ROOM / _ROUNDED_TO) * _ROUNDED_TO


def check(operation, unit, measured, bound):
  """Says how it is; true when within the bound."""
  line = f"{operation}: {measured:g} {unit}, bound {bound}"
  if measured > bound:
    print(f"FAILED {line}")
    return False
  loose = measured < bound * _LOOSE[unit]
  print(f"ok {line}" + (": lower the bound" if loose else ""))
  return True


def parse_options():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument("core_cost", type=pathlib.Path, nargs="?",
                      default=_BINARY)
  parser.add_argument("--update", action="store_true",
                      help="write the bounds anew")
  return parser.parse_args()


def main():
  options = parse_options()
  measured = {operation: measure(options.core_cost, operation)
              for operation in _OPERATIONS}
  if options.update:
    bounds = {operation: {unit: int(bound_of(unit, value))
                          for unit, value in cost.items()}
              for operation, cost in measured.items()}
    _BOUNDS.write_text(json.dumps(bounds, indent=2) + "\n", encoding="utf-8")
  bounds = json.loads(_BOUNDS.read_text(encoding="utf-8"))
  kept = [check(operation, unit, value, bounds[operation][unit])
          for operation, cost in measured.items()
          for unit, value in cost.items()]
  print(f"{sum(kept)} passed, {len(kept) - sum(kept)} failed")
  return 0 if all(kept) else 1


if __name__ == "__main__":
  try:
    sys.exit(main())
  except (GuardError, OSError) as error:
    print(error)
    print("0 passed, 1 failed")
    sys.exit(1)
