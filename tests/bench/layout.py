"""Where everything listens: the same ports on two loopback addresses.

A proxy that knows no FTP can only forward each port to the same port, so the
gateway and the backend have the same ones.
"""

import dataclasses
import errno
import socket

GATEWAY = "127.0.9.1"
BACKEND = "127.0.9.2"
DATA_PORTS = 100

# The gateway has one processor for itself; load and backend share the other.
GATEWAY_CPU = "0"
LOAD_CPU = "1"
BOTH_CPUS = "0,1"

# Below net.ipv4.ip_local_port_range, which would take some of them.
_CONTROL_PORTS = range(2121, 2200)
_FIRST_DATA_PORTS = range(30000, 32600, DATA_PORTS)


class PortTaken(Exception):
  pass


@dataclasses.dataclass(frozen=True)
class Layout:
  control: int
  first_data: int
  admin: int

  @property
  def last_data(self):
    return self.first_data + DATA_PORTS - 1

  @property
  def data_range(self):
    return f"{self.first_data}-{self.last_data}"

  def target(self, address):
    return f"{address}:{self.control}"


def find_free():
  """The first ports that nobody has."""
  return Layout(
      control=_first_free(_CONTROL_PORTS, 1),
      first_data=_first_free(_FIRST_DATA_PORTS, DATA_PORTS),
      admin=_first_free(range(8021, 8100), 1))


def _first_free(bases, count):
  taken = None
  for base in bases:
    try:
      for port in range(base, base + count):
        _try_bind(port)
      return base
    except PortTaken as failure:
      taken = taken or failure
  raise PortTaken(f"{taken}, and so is another of each {count} from "
                  f"{bases.start} to {bases.stop - 1}")


def _try_bind(port):
  for address in (GATEWAY, BACKEND):
    with socket.socket() as probe:
      probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
      try:
        probe.bind((address, port))
      except OSError as failure:
        if failure.errno != errno.EADDRINUSE:
          raise
        raise PortTaken(f"{address}:{port} is taken") from failure
