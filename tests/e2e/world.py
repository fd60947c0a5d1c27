"""What a scenario is given: hosts, backends, fixtures, and gateways to start.

With `direct` the "gateway" is the first backend of each farm itself; what a
scenario asks of a gateway alone is then skipped.
"""

import dataclasses
import json
import pathlib

import backends
import content
import gateway
import runner
import session
import topology
import waiting


@dataclasses.dataclass
class World:
  """Shared by all scenarios of a run; they run one after another."""
  hosts: topology.Topology
  fixtures: content.Fixtures
  backends: dict
  binary: pathlib.Path
  direct: bool

  def serve(self, farms, **keys):
    """A context manager: a gateway for these farms."""
    if self.direct:
      return Direct(self, farms)
    return gateway.Gateway(self.hosts, self.binary, farms, **keys)

  def needs_gateway(self):
    if self.direct:
      raise runner.Skipped

  def farm(self, name, *members, family=4, **more):
    return gateway.farm(name, [self.backends[member] for member in members],
                        family, **more)

  def session(self, server, farm="main", source=None, family=4, user="ftp"):
    """A logged-in session from the calling thread's host."""
    address = (server.address(family) if self.direct
               else self.hosts.gateway.address(family))
    opened = session.Session(address, server.ports[farm], source)
    backend = next(backend for backend in self.backends.values()
                   if backend.user == user)
    return opened.login(backend)

  def address(self, number):
    """One of the client host's many addresses."""
    return self.hosts.many_addresses[number]


class Direct:
  """Stands where a gateway would; knows one backend."""

  def __init__(self, world, farms):
    self._backend = world.backends[farms[0]["backends"][0]["id"]]
    self.ports = {farm["name"]: backends.PORT for farm in farms}

  def __enter__(self):
    return self

  def __exit__(self, *_):
    pass

  def address(self, family):
    return self._backend.host.address(family)


def sessions(server):
  """What `pinnace ctl session list --json` knows, as a list."""
  text = server.ctl("session", "list", "--json")
  found = json.loads(text or "[]")
  return found if isinstance(found, list) else found.get("sessions", [])


def wait_for_no_session(server):
  waiting.until(lambda: not sessions(server), "every session to be gone")
