"""A scripted FTP session with TLS: also what a proper client would not do."""

import contextlib
import ssl

import session

SECONDS = session.TIMEOUT_SECONDS
OWN = "own"  # The TLS session that a data connection resumes.


def context(authority, own=None, version=None):
  """Verifies by that authority; `own` is the client's certificate."""
  made = ssl.create_default_context(cafile=authority.cert)
  if own:
    made.load_cert_chain(own.cert, own.key)
  if version:
    made.minimum_version = made.maximum_version = version
  return made


class Session(session.Session):
  """Explicit unless `implicit`; then TLS is there before the greeting.

  `name` is what the handshake asks for and the certificate must have; the
  address when not given.
  """

  def __init__(self, server, port, tls_context, implicit=False, name=None,
               source=None):
    self._context = tls_context
    self._implicit = implicit
    self._name = name or server
    self._private = False
    super().__init__(server, port, source)

  def _begun(self, control):
    return self._wrapped(control) if self._implicit else control

  def _wrapped(self, plain):
    return self._context.wrap_socket(plain, server_hostname=self._name)

  def secure(self):
    """AUTH TLS and the handshake."""
    self.command("AUTH TLS", "234")
    return self.handshake()

  def handshake(self):
    self._replace(self._wrapped(self._control))
    return self

  def _replace(self, control):
    self._control = control
    self._lines = control.makefile("rb")

  def unsecure(self):
    """Takes TLS down on both sides; then all is clear."""
    self._replace(self._control.unwrap())

  def send_bytes(self, data):
    self._control.sendall(data)

  def certificate_names(self):
    """Of the one that the gateway showed."""
    return [value for _, value in
            self._control.getpeercert()["subjectAltName"]]

  @property
  def secured(self):
    return isinstance(self._control, ssl.SSLSocket)

  @property
  def tls_session(self):
    return self._control.session

  def protect(self, prot="P"):
    self.command("PBSZ 0", "200")
    self.command(f"PROT {prot}", "200")
    self._private = prot == "P"
    return self

  def begin(self, line, verb="EPSV", resumed=OWN):
    """A transfer with a protected data connection, right after its 1yz.

    The connection resumes this session's TLS session, another's, or with None
    nobody's.
    """
    data = super().transfer(verb, line)
    try:
      return self._protected(data, resumed)
    except BaseException:
      data.close()
      raise

  def _protected(self, data, resumed):
    return self._context.wrap_socket(
        data, server_hostname=self._name, suppress_ragged_eofs=False,
        session=self.tls_session if resumed is OWN else resumed)

  def transfer(self, verb, line):
    if not self._private:
      return super().transfer(verb, line)
    return self.begin(line, verb)

  def download(self, line, verb="EPSV", **begin):
    with self._data(line, verb, begin) as data:
      data.settimeout(SECONDS)
      received = session.read_all(data)
      _end(data)
    self.want("226")
    return received

  def upload(self, line, payload, verb="EPSV", **begin):
    with self._data(line, verb, begin) as data:
      data.settimeout(SECONDS)
      data.sendall(payload)
      _end(data)
    self.want("226")

  def _data(self, line, verb, begin):
    return (self.begin(line, verb, **begin) if begin
            else self.transfer(verb, line))

  def refused(self, line="RETR /data/small.bin", resumed=OWN):
    """The final reply to a protected transfer that must not come about.

    The refusal may come before the handshake, in it, or right after it.
    """
    received = b""
    with self.dial(self.passive("EPSV")) as plain:
      self.send(line)
      reply = self.reply()
      if reply.startswith("1"):
        with contextlib.suppress(OSError):
          with self._protected(plain, resumed) as data:
            received = session.read_all(data)
        reply = self.reply()
    assert not received, f"{len(received)} bytes came, and then {reply!r}"
    return reply


def _end(data):
  """close_notify both ways (RFC 8446 §6.1)."""
  if isinstance(data, ssl.SSLSocket):
    data.unwrap().close()


def client_hello(name):
  """The first bytes of a handshake."""
  sent = ssl.MemoryBIO()
  unfinished = ssl.create_default_context().wrap_bio(
      ssl.MemoryBIO(), sent, server_hostname=name)
  with contextlib.suppress(ssl.SSLWantReadError):
    unfinished.do_handshake()
  return sent.read()
