"""A program of this run: pinned to processors, waited for, stopped for sure."""

import os
import pathlib
import signal
import subprocess

from from_e2e import waiting

READY_SECONDS = 20
_SHOWN_CHARACTERS = 2000


class Failed(Exception):
  """A program did not start, or did not do what was asked."""


def pinned(cpus, command):
  return ["taskset", "--cpu-list", cpus, *map(str, command)]


class Program:
  """Runs until stop(). With `usage` all its processes are counted there."""

  def __init__(self, name, command, cpus, folder, usage=None, quiet=False):
    self._name = name
    self._usage = usage
    self._log = pathlib.Path(folder) / f"{name}.log"
    command = pinned(cpus, command)
    if usage:
      command = usage.command(*command)
    with open(self._log, "wb") as log:
      self._process = subprocess.Popen(
          command, stdin=subprocess.DEVNULL,
          stdout=subprocess.DEVNULL if quiet else log,
          stderr=subprocess.DEVNULL if quiet else log,
          cwd=folder, start_new_session=True)
    if usage:
      usage.adopt(self._process.pid)

  def wait_greeting(self, address, port):
    self._wait(lambda: waiting.greets(address, port),
               f"a greeting on {address}:{port}")

  def wait_said(self, word):
    self._wait(lambda: word in self.log().split(), f'its word "{word}"')

  def _wait(self, condition, what):
    def there_or_ended():
      return self._process.poll() is not None or condition()

    try:
      waiting.until(there_or_ended, what, READY_SECONDS)
    except waiting.Timeout as timeout:
      raise Failed(f"{self._name}: {timeout}\n{self.log()}") from timeout
    self.check_runs()

  def check_runs(self):
    status = self._process.poll()
    if status is not None:
      raise Failed(f"{self._name} ended with {status}\n{self.log()}")

  def log(self):
    return self._log.read_text(errors="replace")[-_SHOWN_CHARACTERS:]

  def stop(self):
    """Kills the program and every process of it."""
    if self._usage:
      self._usage.kill_all()
    if self._process.poll() is None:
      os.killpg(self._process.pid, signal.SIGKILL)
    self._process.wait()
    if self._usage:
      waiting.until(self._all_gone, f"{self._name} to be gone")

  def _all_gone(self):
    self._usage.kill_all()
    return not self._usage.pids()
