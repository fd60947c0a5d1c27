"""A scripted FTP session: every command, reply and byte under control."""

import contextlib
import re
import socket

TIMEOUT_SECONDS = 20


class Refused(AssertionError):
  """A reply that was not the one wanted."""


class Session:
  """One control connection. Its address and the server's may be chosen."""

  def __init__(self, server, port, source=None, timeout=TIMEOUT_SECONDS):
    self._control = self._begun(socket.create_connection(
        (server, port), timeout=timeout,
        source_address=(source, 0) if source else None))
    self._control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    self._lines = self._control.makefile("rb")
    self.server = server
    self.source = self._control.getsockname()[0]
    self.family = self._control.family
    self.want("220")

  def _begun(self, control):
    """The connection to speak FTP over; a place for TLS."""
    return control

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.close()

  def local_address(self):
    """IP:PORT of this end, as the gateway lists its client."""
    host, port = self._control.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

  def close(self):
    self._lines.close()
    self._control.close()

  def send(self, line):
    self._control.sendall(line.encode() + b"\r\n")

  def reply(self, timeout=None):
    """The next whole reply as text; "" when the connection has ended."""
    if timeout is not None:
      self._control.settimeout(timeout)
    try:
      first = self._line()
      text = first
      if re.match(r"\d{3}-", first):
        line = first
        while line and not line.startswith(first[:3] + " "):
          line = self._line()
          text += line
      return text
    finally:
      if timeout is not None:
        self._control.settimeout(TIMEOUT_SECONDS)

  def _line(self):
    return self._lines.readline(65536).decode(errors="replace")

  def want(self, *codes):
    """Reads a reply that must begin with one of the codes."""
    got = self.reply()
    if not got.startswith(tuple(codes)):
      raise Refused(f"wanted {' or '.join(codes)}, got {got.strip()!r}")
    return got

  def command(self, line, *codes):
    self.send(line)
    return self.want(*codes)

  def login(self, backend):
    self.command(f"USER {backend.user}", "331", "230")
    self.command(f"PASS {backend.password}", "230")
    self.command("TYPE I", "200")
    return self

  def passive(self, verb):
    """PASV or EPSV; returns where to connect."""
    if verb == "EPSV":
      port = re.search(r"\(\|\|\|(\d+)\|\)", self.command("EPSV", "229"))[1]
      return self.server, int(port)
    numbers = re.search(r"(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)",
                        self.command("PASV", "227")).groups()
    return ".".join(numbers[:4]), int(numbers[4]) * 256 + int(numbers[5])

  def dial(self, where):
    return socket.create_connection(where, timeout=TIMEOUT_SECONDS,
                                    source_address=(self.source, 0))

  def active(self, verb):
    """PORT or EPRT; returns the listening socket."""
    listener = socket.socket(self.family)
    listener.settimeout(TIMEOUT_SECONDS)
    listener.bind((self.source, 0))
    listener.listen()
    port = listener.getsockname()[1]
    if verb == "PORT":
      host = self.source.replace(".", ",")
      self.command(f"PORT {host},{port // 256},{port % 256}", "200")
    else:
      number = 2 if self.family == socket.AF_INET6 else 1
      self.command(f"EPRT |{number}|{self.source}|{port}|", "200")
    return listener

  def transfer(self, verb, line):
    """Starts a transfer; returns its data connection, after the 1yz reply."""
    if verb in ("PASV", "EPSV"):
      data = self.dial(self.passive(verb))
      try:
        self.command(line, "150", "125")
      except BaseException:
        data.close()
        raise
      return data
    with self.active(verb) as listener:
      self.command(line, "150", "125")
      return listener.accept()[0]

  def download(self, line, verb="PASV"):
    with self.transfer(verb, line) as data:
      data.settimeout(TIMEOUT_SECONDS)
      received = read_all(data)
    self.want("226")
    return received

  def upload(self, line, payload, verb="PASV"):
    with self.transfer(verb, line) as data:
      data.settimeout(TIMEOUT_SECONDS)
      data.sendall(payload)
    self.want("226")

  def whoami(self):
    """The name of the backend behind this session."""
    return self.download("RETR /data/whoami").decode()

  def quit(self):
    with contextlib.suppress(OSError):
      self.command("QUIT", "221")
    self.close()


def read_all(data):
  chunks = []
  while chunk := data.recv(1 << 18):
    chunks.append(chunk)
  return b"".join(chunks)
