"""What a scenario of the control plane is given: hosts, running backends, and
control planes and gateways to start."""

import contextlib
import dataclasses
import pathlib
import subprocess
import typing

import backends
import catalog
import content
import control_plane_process
import crew_backend
import moody_backend
import proxy_process
import registry
import session
import topology

_KINDS = {**catalog.BACKENDS, "crew": crew_backend.Crew,
          "moody": moody_backend.Moody}
FOUR_MIB = 4 * content.MIB


class Account(typing.NamedTuple):
  user: str
  password: str = backends.PASSWORD


ANONYMOUS = Account("ftp")  # Of vsftpd and the moody one.
SAILOR = Account(backends.USER)


@dataclasses.dataclass
class Fleet:
  """A control plane, a client of it, and one gateway that follows it."""
  control_plane: control_plane_process.ControlPlane
  registry: registry.Registry
  gateway: proxy_process.Proxy

  def settle(self):
    self.registry.settle(self.gateway)


@dataclasses.dataclass
class World:
  """Of one lane."""
  hosts: topology.Topology
  backends: dict
  binary: pathlib.Path
  four_mib: bytes  # Every backend's /data/four.bin.

  def control_plane(self, **config):
    return control_plane_process.ControlPlane(self.hosts, self.binary, **config)

  def registry(self, control_plane):
    return registry.Registry(control_plane, control_plane_process.ADDRESS)

  def proxy(self, farms=("main",), number=0, **gateway_keys):
    return proxy_process.Proxy(self.hosts, self.binary, farms, number,
                               **gateway_keys)

  @contextlib.contextmanager
  def fleet(self, farms=("main",), **gateway_keys):
    with self.control_plane() as control_plane:
      with self.registry(control_plane) as client:
        with self.proxy(farms, **gateway_keys) as gateway:
          yield Fleet(control_plane, client, gateway)

  def address_of(self, name):
    """HOST:PORT of a backend."""
    return f"{self.backends[name].host.ipv4}:{backends.PORT}"

  def register(self, client, farm, *names, **more):
    for name in names:
      client.register(farm, name, self.address_of(name), **more)

  def connect(self, gateway, farm="main", source=None):
    """A session that has been greeted, from the calling thread's host."""
    return session.Session(gateway.host.ipv4, gateway.ports[farm], source)

  def login(self, gateway, account, farm="main", source=None):
    opened = self.connect(gateway, farm, source)
    try:
      return opened.login(account)
    except BaseException:
      opened.close()
      raise

  def refused(self, gateway, account, farm="main", source=None):
    """The 421, at the greeting or at USER, that a new session gets."""
    try:
      with self.connect(gateway, farm, source) as opened:
        reply = opened.command(f"USER {account.user}", "421")
        rest = opened.reply(timeout=5)
        assert not rest, f"after {reply!r} came {rest!r}"
        return reply
    except session.Refused as refusal:
      assert "got '421" in str(refusal), refusal
      return str(refusal)

  def met(self, opened):
    """The name of the backend behind a session, without a transfer."""
    size = int(opened.command("SIZE /data/number", "213").split()[1])
    return list(self.backends)[size - 1]

  def meets(self, gateway, account, farm="main", source=None):
    """The name of the backend that a new session gets."""
    with self.login(gateway, account, farm, source) as opened:
      name = self.met(opened)
      opened.quit()
      return name

  def address(self, number):
    """One of the client host's many addresses."""
    return self.hosts.many_addresses[number]

  def narrow_the_wire(self):
    """No host holds more than a little of a transfer in its sockets."""
    hosts = [self.hosts.client, self.hosts.gateway,
             *self.hosts.backends.values()]
    for host in hosts:
      subprocess.run(
          host.namespace.command(
              "sysctl", "-qw", "net.ipv4.tcp_wmem=4096 65536 131072",
              "net.ipv4.tcp_rmem=4096 65536 131072"), check=True)


@contextlib.contextmanager
def opened(binary, fixtures, kinds):
  """A World with backends {name: kind} running."""
  with topology.Topology(list(kinds)) as hosts:
    four_mib = content.make("four", FOUR_MIB)
    there = {name: _KINDS[kind](name, hosts.backends[name], hosts.work / name,
                                fixtures)
             for name, kind in kinds.items()}
    for number, backend in enumerate(there.values(), start=1):
      data = backend.root / "data"
      (data / "number").write_bytes(b"x" * number)
      (data / "four.bin").write_bytes(four_mib)
      backend.start()
    for backend in there.values():
      backend.wait_ready()
    yield World(hosts, there, binary, four_mib)
