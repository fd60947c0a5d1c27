"""`pinnace control-plane` on the gateway's host, with a store that lasts."""

import os
import signal
import subprocess

import pinnace_process
import waiting

ADDRESS = "127.0.0.1:9021"


class ControlPlane:
  """A context manager; start() and kill() as often as a test likes."""

  def __init__(self, topology, binary, **config):
    self.host = topology.gateway
    self._binary = str(binary)
    self._folder = topology.work / (
        f"control-plane-{len(os.listdir(topology.work))}")
    self._process = pinnace_process.PinnaceProcess(
        self.host, binary, self._folder, "control-plane")
    self._config = {
        "control_plane": {"listen": ADDRESS,
                          "store": f"sqlite:{self._folder}/pinnace.db"},
        **config,
    }

  def __enter__(self):
    try:
      self.start()
    except BaseException:
      self.kill()
      raise
    return self

  def __exit__(self, *_):
    self.kill()

  def start(self):
    self._process.start(self._config)
    host, port = ADDRESS.split(":")

    def ready():
      if not self._process.alive():
        raise AssertionError(
            f"the control plane ended at once:\n{self.log()}")
      return waiting.accepts(host, int(port))

    self.host.namespace.call(waiting.until, ready, "the control plane")

  def kill(self):
    self._process.kill()

  def stop(self):
    self._process.signal(signal.SIGTERM)
    code = self._process.wait(10)
    assert code == 0, f"the control plane's exit code is {code}:\n{self.log()}"

  def whole_log(self):
    return self._process.whole_log()

  def log(self):
    return self._process.log()

  def command(self, *arguments):
    """The command line of `pinnace ctl ...` on its host."""
    return self.host.namespace.command(
        self._binary, "ctl", "--server", ADDRESS, *arguments)

  def ctl(self, *arguments, check=True):
    """Runs it; returns its output."""
    done = subprocess.run(self.command(*arguments), capture_output=True,
                          text=True, timeout=20, check=False)
    if check and done.returncode != 0:
      raise AssertionError(f"ctl {' '.join(arguments)}: exit "
                           f"{done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
