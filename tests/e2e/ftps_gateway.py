"""A gateway with TLS: its certificates, and listeners of every kind."""

import signal
import socket
import ssl

import gateway
import waiting

NAME = "ftp.gateway.test"


def certificate(topology, authority, label="gateway", name=NAME):
  """For the gateway's name and all its addresses."""
  return authority.issue(label, name, topology.gateway.ipv4,
                         topology.gateway.ipv6, "127.0.0.1", "::1")


def pair(issued):
  """As the configuration has a certificate."""
  return {"cert": issued.cert, "key": issued.key}


class FtpsGateway(gateway.Gateway):
  """`listeners`: {label: (farm, none|explicit|require|implicit)}; each has a
  port of that label on the gateway's two addresses. `well`: its backends
  are."""

  def __init__(self, topology, binary, farms, listeners, tls, well=True,
               **gateway_keys):
    super().__init__(topology, binary, farms, **gateway_keys)
    self._there = waiting.greets if well else waiting.answers
    self._listeners = listeners
    self._tls = tls
    self.ports = {label: gateway.FIRST_PORT + number
                  for number, label in enumerate(listeners)}

  def _config(self):
    config = super()._config()
    addresses = [self._host.ipv4, f"[{self._host.ipv6}]"]
    config["gateway"]["listeners"] = [
        {"address": f"{address}:{self.ports[label]}", "farm": farm, "tls": tls}
        for label, (farm, tls) in self._listeners.items()
        for address in addresses]
    if self._tls:
      config["gateway"]["tls"] = self._tls
    return config

  def _wait_ready(self):
    def ready():
      if not self.alive():
        raise AssertionError(f"the gateway ended at once:\n{self.log()}")
      return all(
          _accepts_tls(self._host.ipv4, self.ports[label])
          if tls == "implicit" else
          self._there(self._host.ipv4, self.ports[label])
          for label, (_, tls) in self._listeners.items())

    self._host.namespace.call(waiting.until, ready, "the gateway's greeting")

  def reload(self):
    """Reads certificates again."""
    self._process.signal(signal.SIGHUP)


def _accepts_tls(address, port):
  """True if a handshake works there, or asks for the client's certificate."""
  context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
  context.check_hostname = False
  context.verify_mode = ssl.CERT_NONE
  try:
    with socket.create_connection((address, port), timeout=2) as plain:
      context.wrap_socket(plain).close()
    return True
  except ssl.SSLError as error:
    return "CERTIFICATE_REQUIRED" in str(error) or (
        "HANDSHAKE_FAILURE" in str(error))
  except OSError:
    return False
