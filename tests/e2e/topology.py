"""The hosts of one test run: client, gateway and backends on one wire.

Every name carries this process's id, so runs side by side do not meet, and
what a killed run left behind is swept away by the next one.
"""

import atexit
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import sys

import namespaces

_PREFIX = "pe2e"
SCRATCH = pathlib.Path("/dev/shm")
MANY_CLIENTS = 200  # Further addresses of the client host.


def scratch_prefix():
  """Of a folder in SCRATCH that is swept away once this process is dead."""
  return f"{_PREFIX}-{os.getpid()}-"


@dataclasses.dataclass(frozen=True)
class Host:
  """One machine of the test: its namespace and its two addresses."""
  namespace: namespaces.Namespace
  ipv4: str
  ipv6: str

  def address(self, family):
    return self.ipv4 if family == 4 else self.ipv6


class Topology:
  """Use as a context manager; `work` is a directory in memory."""

  def __init__(self, backend_names):
    self._tag = f"{_PREFIX}-{os.getpid()}"
    self._made = []
    self.work = SCRATCH / self._tag
    self.client = self._host("client", "10.77.1.1", "fd77::1:1")
    self.gateway = self._host("gateway", "10.77.0.1", "fd77::1")
    self.stranger = self._host("stranger", "10.77.4.1", "fd77::4:1")
    self.balancer = self._host("balancer", "10.77.5.1", "fd77::5:1")
    self.backends = {
        name: self._host(name, f"10.77.3.{number}", f"fd77::3:{number}")
        for number, name in enumerate(backend_names, start=1)
    }
    self.many_addresses = [
        f"10.77.2.{number}" for number in range(1, MANY_CLIENTS + 1)]

  def _host(self, name, ipv4, ipv6):
    return Host(namespaces.Namespace(f"{self._tag}-{name}"), ipv4, ipv6)

  def __enter__(self):
    _sweep()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    atexit.register(self.close)
    self.work.mkdir()
    wire = namespaces.Namespace(f"{self._tag}-wire")
    self._create(wire)
    namespaces.ip_batch(
        ["link add wire type bridge", "link set wire up"], wire.name)
    hosts = [self.client, self.gateway, self.stranger, self.balancer,
             *self.backends.values()]
    for number, host in enumerate(hosts):
      self._create(host.namespace)
      self._connect(host, wire, f"port{number}")
    namespaces.ip_batch(
        [f"addr add {address}/16 dev eth0" for address in self.many_addresses],
        self.client.namespace.name)
    return self

  def __exit__(self, *_):
    self.close()

  def close(self):
    for namespace in reversed(self._made):
      namespace.remove()
    self._made.clear()
    shutil.rmtree(self.work, ignore_errors=True)

  def _create(self, namespace):
    self._made.append(namespace)
    namespace.create()

  def _connect(self, host, wire, port):
    namespaces.ip_batch([
        f"link add eth0 netns {host.namespace.name} type veth "
        f"peer name {port} netns {wire.name}"
    ])
    namespaces.ip_batch(
        [f"link set {port} master wire", f"link set {port} up"], wire.name)
    namespaces.ip_batch([
        "link set eth0 up",
        f"addr add {host.ipv4}/16 dev eth0",
        f"addr add {host.ipv6}/64 dev eth0 nodad",
    ], host.namespace.name)


def _sweep():
  """Removes what runs that are no longer alive have left."""
  for name in namespaces.all_names():
    match = re.fullmatch(_PREFIX + r"-(\d+)-.*", name)
    if match and not os.path.exists(f"/proc/{match[1]}"):
      namespaces.Namespace(name).remove()
  for path in SCRATCH.glob(f"{_PREFIX}-*"):
    if not os.path.exists(f"/proc/{path.name.split('-')[1]}"):
      shutil.rmtree(path, ignore_errors=True)
