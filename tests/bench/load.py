"""The load program: logs in, says so, works when told, reports in JSON."""

import json
import pathlib
import select
import subprocess
import time

import layout
import program

_READY_SECONDS = 120
_END_SECONDS = 60


class Load:
  """A context manager; inside it the sessions are logged in and wait."""

  def __init__(self, binary, folder, scenario, target, **options):
    self._command = program.pinned(layout.LOAD_CPU, [
        binary, scenario, "--target", target,
        *(word for name, value in options.items()
          for word in (f"--{name}", value))])
    self._errors = pathlib.Path(folder) / f"load-{scenario}.log"
    self._process = None

  def __enter__(self):
    with open(self._errors, "wb") as errors:
      self._process = subprocess.Popen(
          self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
          stderr=errors, bufsize=0, start_new_session=True)
    try:
      self._wait_ready()
    except BaseException:
      self.__exit__()
      raise
    return self

  def _wait_ready(self):
    deadline = time.monotonic() + _READY_SECONDS
    line = b""
    while not line.endswith(b"\n"):
      left = max(0, deadline - time.monotonic())
      if not select.select([self._process.stdout], [], [], left)[0]:
        raise program.Failed(
            f"the load is not logged in after {_READY_SECONDS} s")
      byte = self._process.stdout.read(1)
      if not byte:
        raise self._failure("the load could not begin")
      line += byte
    if line != b"ready\n":
      raise program.Failed(f"the load said {line!r}")

  def run(self, seconds):
    """Lets it work, at most `seconds` long; returns its report."""
    try:
      output, _ = self._process.communicate(b"go\n", timeout=seconds)
    except subprocess.TimeoutExpired as timeout:
      raise program.Failed(
          f"the load is not done after {seconds} s") from timeout
    if self._process.returncode != 0 or not output:
      raise self._failure("the load broke off")
    return json.loads(output)

  def end(self):
    """For sessions that only wait."""
    return self.run(_END_SECONDS)

  def _failure(self, what):
    status = self._process.wait(_END_SECONDS)
    words = self._errors.read_text(errors="replace").strip()
    return program.Failed(f"{what} (exit {status}): {words[-500:]}")

  def __exit__(self, *_):
    if self._process.poll() is None:
      self._process.kill()
    self._process.wait()
    self._process.stdin.close()
    self._process.stdout.close()
