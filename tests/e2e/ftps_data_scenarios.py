"""Protected data connections: whose they are, and how they end."""

import functools
import json
import pathlib
import socket
import ssl
import subprocess

import clients
import content
import ftps_crowd
import waiting

_VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
_PROCESSES = 2
_TRANSFERS = 50  # Of each process.
_REFUSED = ("522", "425")
FRESH = None


def two_clients_behind_one_address(world):
  """100 transfers at once, one public port: the TLS session says whose."""
  backend = world.backends["vsftpd"]
  numbers = range(_PROCESSES * _TRANSFERS)
  for number in numbers:
    if not ftps_crowd.is_upload(number):
      _on_disk(backend, number).write_bytes(ftps_crowd.payload(number))
  with world.serve_tls(
      tls={"session_reuse": "require", "require_private_data": True},
      data_source="tls_session", public_ports=["50000"]) as server:
    _run_clients(world, server, backend)
    for number in numbers:
      stored = _on_disk(backend, number).read_bytes()
      assert stored == ftps_crowd.payload(number), f"{number} is mixed up"
      _on_disk(backend, number).unlink()


def _on_disk(backend, number):
  return backend.root / ftps_crowd.path(number).lstrip("/")


def _run_clients(world, server, backend):
  program = pathlib.Path(__file__).with_name("ftps_crowd.py")
  tls = {"ca": world.authority.cert, "implicit": False, "private": True,
         "reuse": True}
  processes = []
  for number in range(_PROCESSES):
    process = subprocess.Popen(
        ["/usr/bin/python3", str(program)], text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    processes.append(process)
    process.stdin.write(json.dumps({
        "address": world.server_address(server), "port": server.ports["main"],
        "user": backend.user, "password": backend.password, "tls": tls,
        "first": number * _TRANSFERS, "count": _TRANSFERS}))
    process.stdin.close()
  said = [process.stdout.read() for process in processes]
  codes = [process.wait() for process in processes]
  assert not any(codes), "\n".join(said)


def data_connection_from_another_address(world):
  """The ticket is the proof, not the address."""
  world.needs_gateway()
  with world.serve_tls(
      tls={"session_reuse": "require", "require_private_data": True},
      data_source="tls_session") as server:
    with world.login(server, source=world.address(0)) as opened:
      opened.source = world.address(1)
      assert opened.download("RETR /data/whoami") == b"vsftpd"


def _both(world, server, version):
  """Two sessions of one TLS context, so that each has the other's ticket."""
  context = world.context(version=version)
  return world.login(server, context), world.login(server, context)


def _whoami(opened, **begin):
  received = opened.download("RETR /data/whoami", **begin)
  assert received == b"vsftpd", received


def _anothers_ticket(world, session_reuse, data_source):
  world.needs_gateway()
  # By the ticket alone it is nobody's connection: the session waits for its
  # own.
  with world.serve_tls(tls={"session_reuse": session_reuse,
                            "require_private_data": True},
                       data_source=data_source,
                       timeouts={"data_connect": "2s"}) as server:
    for version in _VERSIONS:
      mine, other = _both(world, server, version)
      with mine, other:
        reply = mine.refused(resumed=other.tls_session)
        assert reply.startswith(_REFUSED), f"{version.name}: {reply}"
        _whoami(mine)
        _whoami(other)


def reuse_required(world):
  world.needs_gateway()
  with world.serve_tls(tls={"session_reuse": "require"}) as server:
    for version in _VERSIONS:
      with world.login(server, world.context(version=version)) as opened:
        reply = opened.refused(resumed=FRESH)
        assert reply.startswith("522"), f"{version.name}: {reply}"
        _whoami(opened)


def _reuse_not_required(world, session_reuse):
  world.needs_gateway()
  with world.serve_tls(tls={"session_reuse": session_reuse}) as server:
    for version in _VERSIONS:
      with world.login(server, world.context(version=version)) as opened:
        _whoami(opened, resumed=FRESH)
        _whoami(opened)
        with opened.begin("RETR /data/whoami") as data:
          assert data.session_reused == (session_reuse == "prefer"), version
          while data.recv(4096):
            pass
          data.unwrap().close()
        opened.want("226")


def every_data_mode(world):
  """The client is the one that shakes hands first also when it is dialled."""
  world.needs_gateway()
  medium = world.fixtures.medium
  with world.serve_tls(tls={"session_reuse": "require"}) as server:
    for family, verbs in ((4, clients.IPV4_MODES), (6, clients.IPV6_MODES)):
      for verb in verbs:
        with world.login(server, family=family) as opened:
          received = opened.download(f"RETR {medium.remote}", verb)
          assert content.bytes_checksum(received) == medium.sha256, verb
          opened.upload("STOR /w/mode", received[:100000], verb)
          stored = (world.backends["vsftpd"].root / "w/mode").read_bytes()
          assert stored == received[:100000], verb
          opened.command("DELE /w/mode", "250")


def _protection_of_legs(world, prot, data_protection):
  """PROT of the client says nothing of the backend's when the farm does."""
  world.needs_gateway()
  medium = world.fixtures.medium
  legs = {"backend_tls": {"mode": "explicit", "ca": world.authority.cert,
                          "data_protection": data_protection}}
  with world.serve_tls(farm=legs) as server:
    with world.login(server) as opened:
      opened.protect(prot)
      received = opened.download(f"RETR {medium.remote}")
      assert content.bytes_checksum(received) == medium.sha256, "RETR differs"
      opened.upload("STOR /w/legs", received)
      stored = (world.backends["vsftpd"].root / "w/legs").read_bytes()
      assert stored == received, "STOR differs"
      opened.command("DELE /w/legs", "250")


def _cut_upload(world, leg, tolerate):
  """The client ends TCP, but not TLS: is that the end of the file?"""
  world.needs_gateway()
  farm = {"tolerate_missing_close_notify": tolerate}
  if leg == "explicit":
    farm["backend_tls"] = {"mode": "explicit", "ca": world.authority.cert}
  backend = world.backends["vsftpd"]
  name, payload = f"cut-{leg}-{tolerate}", content.make("cut", content.MIB)
  with world.serve_tls(farm=farm) as server:
    with world.login(server) as opened:
      with opened.begin(f"STOR /w/{name}") as data:
        data.sendall(payload)
        _end_tcp_only(data)
        opened.want(*(["226"] if tolerate else ["426", "451"]))
      if tolerate:
        assert (backend.root / "w" / name).read_bytes() == payload
      else:
        # pyftpdlib, for one, takes a reset connection for a whole file.
        line = _log_line(backend, name)
        assert "FAIL UPLOAD" in line, f"the backend has it as whole: {line}"
      opened.command("NOOP", "200")
      opened.upload(f"STOR /w/{name}", b"whole")
      assert (backend.root / "w" / name).read_bytes() == b"whole"


def _end_tcp_only(data):
  """FIN without close_notify: Python's SSLSocket forgets about TLS here.

  To be closed after the final reply: bytes that nobody has read would make it
  RST.
  """
  data.shutdown(socket.SHUT_WR)


def _log_line(backend, name):
  """What the backend's log says of the upload."""
  log = backend.folder / "vsftpd.log"

  def lines():
    return [line for line in log.read_text().splitlines()
            if "UPLOAD" in line and name in line]

  return waiting.until(lines, "the backend's log", 5)[-1]


def empty_file_without_close_notify(world):
  """No byte is no excuse: the handshake was made, the end was not."""
  world.needs_gateway()
  with world.serve_tls() as server, world.login(server) as opened:
    with opened.begin("STOR /w/empty") as data:
      _end_tcp_only(data)
      opened.want("426", "451")
    opened.upload("STOR /w/empty", b"")
    assert opened.download("RETR /w/empty") == b""
    opened.command("DELE /w/empty", "250")


def _scenario(run, name, **arguments):
  made = functools.partial(run, **arguments)
  made.__name__ = name
  return made


ALL = [
    two_clients_behind_one_address, data_connection_from_another_address,
    *[_scenario(_anothers_ticket,
                f"anothers_ticket_reuse_{reuse}_source_{source}",
                session_reuse=reuse, data_source=source)
      for reuse in ("require", "prefer")
      for source in ("same_address", "tls_session")],
    reuse_required,
    *[_scenario(_reuse_not_required, f"reuse_{reuse}", session_reuse=reuse)
      for reuse in ("prefer", "off")],
    every_data_mode,
    *[_scenario(_protection_of_legs, f"client_{prot}_backend_{protection}",
                prot=prot, data_protection=protection)
      for prot, protection in (("P", "clear"), ("C", "private"))],
    *[_scenario(_cut_upload,
                f"upload_without_close_notify_{leg}"
                + ("_tolerated" if tolerate else ""),
                leg=leg, tolerate=tolerate)
      for leg in ("clear", "explicit") for tolerate in (False, True)],
    empty_file_without_close_notify,
]
