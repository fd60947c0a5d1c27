"""Handshakes that must come to nothing, and what they leave behind."""

import contextlib
import functools
import json
import socket
import ssl
import subprocess
import time

import content
import crowd
import ftps_gateway
import ftps_session
import waiting

_LISTENERS = ("explicit", "implicit")
_SECONDS = 15  # In which a handshake that never ends is closed.
_ATTEMPTS = 20


def _serves(world, server, listener):
  with world.login(server, implicit=listener == "implicit") as opened:
    assert opened.download("RETR /data/whoami") == b"vsftpd"
    opened.quit()


def _s_client(world, server, *more, given="QUIT\r\n"):
  """Its whole output and exit code; it asks for explicit TLS."""
  done = subprocess.run(
      ["openssl", "s_client", "-starttls", "ftp", "-CAfile",
       world.authority.cert, "-connect",
       f"{world.server_address(server)}:{server.ports['main']}", *more],
      input=given, text=True, errors="replace", capture_output=True,
      timeout=20, check=False)
  return done.stdout + done.stderr, done.returncode


def _old_version(world, version):
  world.needs_gateway()
  with world.serve_tls() as server:
    said, code = _s_client(world, server, f"-{version}", "-cipher",
                           "DEFAULT@SECLEVEL=0")
    # The gateway's alert, not a refusal of s_client's own.
    assert code != 0 and "alert protocol version" in said, said
    _serves(world, server, "explicit")


def renegotiation_is_refused(world):
  world.needs_gateway()
  with world.serve_tls() as server:
    said, _ = _s_client(world, server, "-tls1_2", given="R\n")
    before, asked, after = said.partition("RENEGOTIATING")
    # Each handshake verifies the gateway's certificate once more.
    assert asked and "verify return:1" in said, said
    assert said.count("depth=0") == 1, (before, after)
    _serves(world, server, "explicit")


def only_1_3_when_asked(world):
  world.needs_gateway()
  with world.serve_tls(tls={"min_version": "1.3"}) as server:
    with world.connect(
        server, world.context(version=ssl.TLSVersion.TLSv1_2)) as opened:
      opened.command("AUTH TLS", "234")
      try:
        opened.handshake()
      except ssl.SSLError as refusal:
        assert "PROTOCOL_VERSION" in str(refusal), refusal
      else:
        raise AssertionError("TLS 1.2 was accepted")
    with world.login(
        server, world.context(version=ssl.TLSVersion.TLSv1_3)) as opened:
      assert opened.download("RETR /data/whoami") == b"vsftpd"


def _hostile(world, listener, behave):
  """behave(connection) on many that a handshake is due on; then all is well."""
  world.needs_gateway()
  with world.serve_tls(listener=listener) as server:
    crowd.together(
        _ATTEMPTS, lambda _: _due(world, server, listener),
        lambda _, connection: _with(connection, behave))
    _serves(world, server, listener)
    waiting.until(lambda: not _admin_sessions(server), "no session to be left")
    assert server.alive(), server.log()


def _with(connection, behave):
  with connection:
    behave(connection)


def _due(world, server, listener):
  """A connection on which the gateway waits for a ClientHello."""
  connection = socket.create_connection(
      (world.server_address(server), server.ports["main"]), timeout=20)
  if listener == "explicit":
    assert connection.recv(4096).startswith(b"220")
    connection.sendall(b"AUTH TLS\r\n")
    assert connection.recv(4096).startswith(b"234")
  return connection


def _admin_sessions(server):
  found = json.loads(server.admin("/api/v1/sessions") or "[]")
  return found if isinstance(found, list) else found.get("sessions", [])


def _seconds_until_closed(connection):
  """Reads what comes (an alert, say) to the end."""
  started = time.monotonic()
  with contextlib.suppress(ConnectionError):
    while connection.recv(4096):
      pass
  return time.monotonic() - started


def _garbage(world, listener):
  def behave(connection):
    connection.sendall(b"\x16\x03\x01" + content.make("garbage", 2000))
    assert _seconds_until_closed(connection) < 5

  _hostile(world, listener, behave)


def _clear_words(world, listener):
  """A client that goes on in the clear."""
  def behave(connection):
    connection.sendall(b"USER ftp\r\n")
    assert _seconds_until_closed(connection) < 5

  _hostile(world, listener, behave)


def _truncated(world, listener):
  hello = ftps_session.client_hello(ftps_gateway.NAME)

  def behave(connection):
    connection.sendall(hello[:len(hello) // 2])
    connection.shutdown(socket.SHUT_WR)
    assert _seconds_until_closed(connection) < 5

  _hostile(world, listener, behave)


def _left_in_the_middle(world, listener):
  """The client goes when it has the gateway's half of the handshake."""
  def behave(connection):
    connection.sendall(ftps_session.client_hello(ftps_gateway.NAME))
    assert connection.recv(1)

  _hostile(world, listener, behave)


def _endless(world, listener):
  """A ClientHello that stays half: closed in time, and others are served."""
  world.needs_gateway()
  hello = ftps_session.client_hello(ftps_gateway.NAME)
  with world.serve_tls(listener=listener) as server:
    with _due(world, server, listener) as connection:
      connection.sendall(hello[:len(hello) // 2])
      _serves(world, server, listener)
      seconds = _seconds_until_closed(connection)
      assert seconds < _SECONDS, f"closed after {seconds:.1f} s"
    waiting.until(lambda: not _admin_sessions(server), "no session to be left")


def _scenario(run, name, **arguments):
  made = functools.partial(run, **arguments)
  made.__name__ = name
  return made


ALL = [
    *[_scenario(_old_version, f"{version}_is_refused", version=version)
      for version in ("tls1", "tls1_1")],
    renegotiation_is_refused, only_1_3_when_asked,
    *[_scenario(run, f"{listener}_{name}", listener=listener)
      for listener in _LISTENERS
      for run, name in ((_garbage, "garbage_as_client_hello"),
                        (_clear_words, "clear_words_as_client_hello"),
                        (_truncated, "truncated_client_hello"),
                        (_left_in_the_middle, "left_in_mid_handshake"),
                        (_endless, "handshake_that_never_ends"))],
]
