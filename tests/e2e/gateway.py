"""The gateway under test: `pinnace serve` on the gateway's host."""

import os
import pathlib
import subprocess

import backends
import pinnace_process
import waiting

CONTROL_PLANE = "127.0.0.1:9021"
ADMIN = "127.0.0.1:8021"
FIRST_PORT = 2101  # Of the first farm; the next one has the next port.


def default_binary():
  return pathlib.Path(__file__).parents[2] / "bazel-bin/cli/pinnace"


def farm(name, members, family=4, **more):
  """A static farm of the given Backend objects."""
  def address(backend):
    host = backend.host.address(family)
    host = f"[{host}]" if family == 6 else host
    return f"{host}:{backends.PORT}"

  return {"name": name, **more, "backends": [
      {"id": backend.name, "address": address(backend)}
      for backend in members]}


class Gateway:
  """A context manager; each farm has a port on every gateway address."""

  def __init__(self, topology, binary, farms, **gateway_keys):
    self._host = topology.gateway
    self._folder = topology.work / f"gateway-{len(os.listdir(topology.work))}"
    self._binary = str(binary)
    self._process = pinnace_process.PinnaceProcess(
        self._host, binary, self._folder, "serve")
    self._farms = farms
    self._keys = gateway_keys
    self.ports = {farm["name"]: FIRST_PORT + number
                  for number, farm in enumerate(farms)}

  def _config(self):
    addresses = [self._host.ipv4, f"[{self._host.ipv6}]", "127.0.0.1", "[::1]"]
    listeners = [
        {"address": f"{address}:{port}", "farm": name, "tls": "none"}
        for name, port in self.ports.items() for address in addresses]
    static = [farm for farm in self._farms if "backends" in farm]
    return {
        "gateway": {
            "workers": 2,
            "listeners": listeners,
            "public_ports": ["50000-50063"],
            "public_address": {"default": self._host.ipv4},
            **self._keys,
        },
        "control_plane": {"listen": CONTROL_PLANE,
                          "store": f"sqlite:{self._folder}/pinnace.db"},
        "admin": {"listen": ADMIN},
        **({"farms": static} if static else {}),
    }

  def __enter__(self):
    self._process.start(self._config())
    try:
      self._wait_ready()
    except BaseException:
      self.__exit__()
      raise
    return self

  def _wait_ready(self):
    def ready():
      if not self.alive():
        raise AssertionError(f"the gateway ended at once:\n{self.log()}")
      there = waiting.greets if self._has_backends() else waiting.answers
      return all(there("::1", port) for port in self.ports.values())

    self._host.namespace.call(waiting.until, ready, "the gateway's greeting")

  def _has_backends(self):
    return all(farm.get("backends") for farm in self._farms)

  def __exit__(self, *_):
    self._process.kill()

  def alive(self):
    return self._process.alive()

  def log(self):
    return self._process.log()

  def ctl(self, *arguments, check=True):
    """`pinnace ctl ...` on the gateway's host; returns its output."""
    done = subprocess.run(
        self._host.namespace.command(
            self._binary, "ctl", "--server", CONTROL_PLANE, *arguments),
        capture_output=True, text=True, timeout=10, check=False)
    if check and done.returncode != 0:
      raise AssertionError(f"ctl {' '.join(arguments)}: exit "
                           f"{done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout

  def admin(self, path):
    """The body of an admin page."""
    return subprocess.run(
        self._host.namespace.command("curl", "-sS", f"http://{ADMIN}{path}"),
        capture_output=True, text=True, timeout=10, check=True).stdout
