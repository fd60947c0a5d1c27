"""One `pinnace SUBCOMMAND --config FILE` on one host of the test."""

import json
import os
import signal
import subprocess


class PinnaceProcess:
  """Its folder stays when it ends, so that it can be started again."""

  def __init__(self, host, binary, folder, subcommand):
    self._host = host
    self._binary = str(binary)
    self._folder = folder
    self._subcommand = subcommand
    self._process = None
    folder.mkdir()

  def start(self, config):
    path = self._folder / "pinnace.yaml"
    # JSON is YAML.
    path.write_text(json.dumps(config, indent=1))
    with open(self._folder / "log", "ab") as log:
      self._process = subprocess.Popen(
          self._host.namespace.command(
              self._binary, self._subcommand, "--config", str(path)),
          stdin=subprocess.DEVNULL, stdout=log, stderr=log,
          cwd=self._folder, start_new_session=True)

  def alive(self):
    return self._process is not None and self._process.poll() is None

  def signal(self, number):
    os.killpg(self._process.pid, number)

  def kill(self):
    """SIGKILL; nothing if it does not run."""
    if self.alive():
      self.signal(signal.SIGKILL)
    if self._process is not None:
      self._process.wait()

  def wait(self, seconds):
    """Its exit code; AssertionError if it still runs after so long."""
    try:
      return self._process.wait(seconds)
    except subprocess.TimeoutExpired:
      raise AssertionError(
          f"pinnace {self._subcommand} still runs after {seconds:g} s:\n"
          f"{self.log()}") from None

  def whole_log(self):
    return (self._folder / "log").read_bytes()

  def log(self):
    return (self._folder / "log").read_text(errors="replace")[-4000:]
