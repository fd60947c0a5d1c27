"""What an FTPS scenario is given: hosts, backends with TLS, certificates, and
gateways with TLS to start."""

import dataclasses

import backends
import certificates
import ftps_gateway
import ftps_session
import world

BACKEND = "vsftpd"  # Where it does not matter.


@dataclasses.dataclass
class World(world.World):
  authority: certificates.Authority
  certificate: certificates.Certificate  # The gateway's.

  def serve_tls(self, backend=BACKEND, listener="explicit", farm=None,
                tls=None, **more):
    """A context manager: a gateway with one listener and one backend.

    `farm` and `tls` are added to what the configuration has of them; the rest
    is FtpsGateway's.
    """
    if self.direct:
      return _Direct(self.backends[backend])
    return ftps_gateway.FtpsGateway(
        self.hosts, self.binary, [self.farm("main", backend, **(farm or {}))],
        {"main": ("main", listener)},
        {"certificates": [ftps_gateway.pair(self.certificate)], **(tls or {})},
        **more)

  def server_address(self, server, family=4):
    return (server.address(family) if self.direct
            else self.hosts.gateway.address(family))

  def context(self, **more):
    return ftps_session.context(self.authority, **more)

  def connect(self, server, context=None, family=4, **more):
    """A session that has been greeted; it is in the clear unless implicit."""
    return ftps_session.Session(
        self.server_address(server, family), server.ports["main"],
        context or self.context(), **more)

  def login(self, server, context=None, backend=BACKEND, **more):
    """Secured, logged in, and with PROT P."""
    opened = self.connect(server, context, **more)
    try:
      if not opened.secured:
        opened.secure()
      opened.login(self.backends[backend])
      return opened.protect()
    except BaseException:
      opened.close()
      raise


class _Direct:
  """Stands where a gateway would."""

  def __init__(self, backend):
    self._backend = backend
    self.ports = {"main": backends.PORT}

  def __enter__(self):
    return self

  def __exit__(self, *_):
    pass

  def address(self, family):
    return self._backend.host.address(family)
