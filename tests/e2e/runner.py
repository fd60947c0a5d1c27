"""Runs named checks, some at a time, and reports them."""

import concurrent.futures
import sys
import time
import traceback

_SHOWN_CHARACTERS = 4000


class Skipped(Exception):
  """Raised by a check that says nothing here."""


class Report:
  """Counts results; prints each failure when it happens."""

  def __init__(self):
    self.passed = []
    self.failed = []
    self._start = time.monotonic()

  def add(self, name, failure):
    if failure is None:
      self.passed.append(name)
      return
    self.failed.append(name)
    text = failure.strip()
    if len(text) > _SHOWN_CHARACTERS:
      half = _SHOWN_CHARACTERS // 2
      text = text[:half] + "\n   [...]\n" + text[-half:]
    print(f"FAILED {name}")
    print("".join(f"    {line}\n" for line in text.splitlines()), flush=True)

  def finish(self, what):
    """Prints the totals; returns the process's exit code."""
    seconds = time.monotonic() - self._start
    print(f"{what}: {seconds:.1f} s")
    for name in self.failed:
      print(f"  failed: {name}")
    print(f"{len(self.passed)} passed, {len(self.failed)} failed", flush=True)
    return 1 if self.failed or not self.passed else 0


def outcome(check, *arguments):
  """None if check(*arguments) passes, else why not."""
  try:
    check(*arguments)
  except AssertionError as failure:
    where = "".join(traceback.format_tb(failure.__traceback__, limit=-2))
    return f"{failure or 'a condition does not hold'}\n{where}"
  except Skipped:
    raise
  except Exception:  # pylint: disable=broad-except
    return traceback.format_exc()
  return None


def run_parallel(jobs, check, namespace, workers):
  """Yields (job, failure) as jobs end; all run inside the namespace."""
  with concurrent.futures.ThreadPoolExecutor(
      workers, initializer=namespace.enter) as pool:
    futures = {pool.submit(outcome, check, job): job for job in jobs}
    try:
      for number, future in enumerate(
          concurrent.futures.as_completed(futures), start=1):
        yield futures[future], future.result()
        if number % 200 == 0:
          print(f"  ... {number} of {len(futures)}", file=sys.stderr)
    except BaseException:
      pool.shutdown(wait=False, cancel_futures=True)
      raise
