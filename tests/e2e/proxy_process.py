"""`pinnace proxy`: a gateway that follows the control plane of its host."""

import os
import re
import signal
import subprocess

import control_plane_process
import pinnace_process
import waiting

_FIRST_PORT = 2101  # Of the first farm; the next one has the next port.
_PORTS_APART = 20  # Between two gateways of one host.


class Proxy:
  """A context manager; each farm has a port. Several may run side by side."""

  def __init__(self, topology, binary, farms, number=0, **gateway_keys):
    self.host = topology.gateway
    self.name = f"gateway-{number}"
    self.folder = topology.work / (
        f"{self.name}-{len(os.listdir(topology.work))}")
    self.ports = {farm: _FIRST_PORT + number * _PORTS_APART + place
                  for place, farm in enumerate(farms)}
    self.admin_address = f"127.0.0.1:{8021 + number}"
    self._process = pinnace_process.PinnaceProcess(
        self.host, binary, self.folder, "proxy")
    first = 50000 + 100 * number
    self._config = {
        "gateway": {
            "name": self.name,
            "workers": 2,
            "listeners": [{"address": f"{self.host.ipv4}:{port}", "farm": farm}
                          for farm, port in self.ports.items()],
            "public_ports": [f"{first}-{first + 63}"],
            "public_address": {"default": self.host.ipv4},
            "control_plane": control_plane_process.ADDRESS,
            **gateway_keys,
        },
        "admin": {"listen": self.admin_address},
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

    def ready():
      if not self.alive():
        raise AssertionError(f"the gateway ended at once:\n{self.log()}")
      return all(waiting.answers(self.host.ipv4, port)
                 for port in self.ports.values())

    self.host.namespace.call(waiting.until, ready, f"{self.name} to answer")

  def kill(self):
    self._process.kill()

  def terminate(self):
    self._process.signal(signal.SIGTERM)

  def wait(self, seconds):
    return self._process.wait(seconds)

  def alive(self):
    return self._process.alive()

  def whole_log(self):
    return self._process.whole_log()

  def log(self):
    return self._process.log()

  def admin(self, path, *curl_arguments):
    """(status, body) of an admin page; status 0 when nobody is there."""
    done = subprocess.run(
        self.host.namespace.command(
            "curl", "-sS", "--max-time", "5", "-w", "\n%{http_code}",
            *curl_arguments, f"http://{self.admin_address}{path}"),
        capture_output=True, text=True, timeout=10, check=False)
    body, _, status = done.stdout.rpartition("\n")
    return int(status or 0), body

  def metric(self, name):
    """The sum of one metric over its labels; 0 if it has none yet."""
    status, text = self.admin("/metrics")
    assert status == 200, f"/metrics: {status} {text}"
    values = re.findall(rf"^{name}(?:\{{.*\}})? ([0-9.e+]+)$", text, re.M)
    return sum(float(value) for value in values)
