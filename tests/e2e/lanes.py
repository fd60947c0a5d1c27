"""Scenarios that run side by side, each lane in a process and on hosts of its
own; the scenarios of one lane run one after another."""

import dataclasses
import multiprocessing
import queue
import sys
import time
import traceback

import runner

_fork = multiprocessing.get_context("fork")


@dataclasses.dataclass(frozen=True)
class Lane:
  """`world` is a function: a context manager with the scenarios' world."""
  name: str
  world: object
  scenarios: list


@dataclasses.dataclass(frozen=True)
class Outcome:
  name: str
  failure: str  # None: it passed.
  seconds: float


def _run(lane, outcomes):
  sys.stdout = sys.stderr  # Only the parent writes results.
  try:
    with lane.world() as world:
      for scenario in lane.scenarios:
        started = time.monotonic()
        failure = world.hosts.client.namespace.call(
            runner.outcome, scenario, world)
        outcomes.put(Outcome(scenario.__name__, failure,
                             time.monotonic() - started))
  except Exception:  # pylint: disable=broad-except
    print(f"lane {lane.name}:\n{traceback.format_exc()}", file=sys.stderr)
  finally:
    outcomes.close()
    outcomes.join_thread()


def run(lanes):
  """Yields an Outcome as each scenario of any lane ends."""
  outcomes = _fork.Queue()
  missing = {scenario.__name__ for lane in lanes for scenario in lane.scenarios}
  processes = [_fork.Process(target=_run, args=(lane, outcomes), daemon=True)
               for lane in lanes]
  for process in processes:
    process.start()
  while missing:
    running = any(process.is_alive() for process in processes)
    try:
      outcome = outcomes.get(timeout=1)
    except queue.Empty:
      if not running:
        break
      continue
    missing.discard(outcome.name)
    yield outcome
  for name in sorted(missing):
    yield Outcome(name, "its lane ended before it", 0)
  for process in processes:
    process.join()
