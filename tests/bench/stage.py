"""One candidate, fresh, in front of a fresh backend, with the load at hand."""

import contextlib
import dataclasses
import pathlib
import tempfile

import layout
import load
import program
import usage
from from_e2e import waiting

# At rest: less than this in three readings, which are 5 ms apart.
_AT_REST_CPU_SECONDS = 0.0005
_SETTLE_TIMEOUT = 3


@dataclasses.dataclass(frozen=True)
class Binaries:
  pinnace: pathlib.Path
  backend: pathlib.Path
  relay: pathlib.Path
  load: pathlib.Path


class Stage:
  """A context manager that leaves no process behind."""

  def __init__(self, candidate, ports, binaries, scenario, amounts):
    self.candidate = candidate
    self.amounts = amounts
    self.reports = []  # Of the load, as it gave them.
    self._ports = ports
    self._binaries = binaries
    self._scenario = scenario
    self._exits = contextlib.ExitStack()
    self._folder = None
    self._gateway = None
    self._usage = None

  def __enter__(self):
    try:
      self._folder = self._exits.enter_context(
          tempfile.TemporaryDirectory(prefix="pinnace-bench."))
      self._start_backend()
      self._start_gateway()
    except BaseException:
      self._exits.close()
      raise
    return self

  def __exit__(self, *_):
    self._exits.close()

  def _start_backend(self):
    announced = layout.GATEWAY if self.candidate.blind else layout.BACKEND
    backend = self._program(
        "backend",
        [self._binaries.backend, "--listen", self._ports.target(layout.BACKEND),
         "--data-ports", self._ports.data_range, "--announce", announced,
         "--realtime", int(self._scenario.is_latency),
         "--copy", int(self._scenario.backend_copies)],
        layout.LOAD_CPU)
    backend.wait_said("ready")

  def _start_gateway(self):
    command = self.candidate.command(
        self._ports, self._folder, self._binaries)
    if command is None:
      return
    self._usage = usage.of_new_gateway(self.candidate.name)
    self._exits.callback(self._usage.remove)
    self._gateway = self._program(
        self.candidate.name, command, self.candidate.cpus,
        usage=self._usage, quiet=self.candidate.quiet)
    self._gateway.wait_greeting(layout.GATEWAY, self._ports.control)

  def _program(self, name, command, cpus, **more):
    started = program.Program(name, command, cpus, self._folder, **more)
    self._exits.callback(started.stop)
    return started

  @property
  def has_gateway(self):
    return self._gateway is not None

  def count(self, whole):
    """The candidate's part of that many logins or transfers."""
    return max(1, whole // self.candidate.work_divisor)

  def idle_sessions(self):
    return min(self.amounts.idle_sessions,
               self.candidate.most_idle_sessions or self.amounts.idle_sessions)

  def load(self, scenario, **options):
    target = self._ports.target(self.candidate.address)
    return load.Load(self._binaries.load, self._folder, scenario, target,
                     **options)

  def cpu_seconds(self):
    """What the gateway has used, when the last of its work is done."""
    if not self.has_gateway:
      return 0.0
    readings = []

    def at_rest():
      readings.append(self._usage.cpu_seconds())
      return (len(readings) > 3 and
              readings[-1] - readings[-4] < _AT_REST_CPU_SECONDS)

    with contextlib.suppress(waiting.Timeout):
      waiting.until(at_rest, "the gateway to be at rest", _SETTLE_TIMEOUT)
    self._gateway.check_runs()
    return readings[-1]

  def pids(self):
    return self._usage.pids()

  def memory_bytes(self):
    return usage.pss_bytes(self.pids())
