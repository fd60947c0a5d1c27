"""Farm options: a session, and a download, that outlive their backend."""

import contextlib
import hashlib
import os

import content
import session as sessions
import waiting

_SAME_ACCOUNTS = ("proftpd", "pureftpd", "pyftpdlib")


def session_outlives_its_backend(world):
  """Login, TYPE and directory are told to the next one; nobody sees 421."""
  world.needs_gateway()
  with world.serve([_farm(world, "left", "right")]) as server:
    with world.session(server) as one:
      lost = one.whoami()
      one.command("CWD /data", "250")
      with _killed(world.backends[lost]):
        assert '"/data"' in one.command("PWD", "257")
        kept = one.download("RETR whoami").decode()
        assert kept != lost, f"still on {lost}"
        got = hashlib.sha256(one.download("RETR medium.bin")).hexdigest()
        assert got == world.fixtures.medium.sha256, "another file"
        one.upload("STOR /w/after", b"goes on")
        one.quit()
    assert _counter(server, "pinnace_backends_replaced_total") == 1


def session_outlives_a_drain(world):
  world.needs_gateway()
  with world.serve([{
      **_farm(world, "left", "right"), "backends": [],
      "drain": {"grace": "0s", "deadline": "60s"}}]) as server:
    for name in ("left", "right"):
      server.ctl("backend", "register", "--farm", "main", "--id", name,
                 "--address", f"{world.backends[name].host.ipv4}:21")
    waiting.until(lambda: _can_log_in(world, server), "both to serve")
    with world.session(server) as one:
      drained = one.whoami()
      one.command("CWD /data", "250")
      server.ctl("backend", "drain", drained)

      def has_moved():
        assert '"/data"' in one.command("PWD", "257")
        return one.download("RETR whoami").decode() != drained

      waiting.until(has_moved, f"the session to leave {drained}")
      one.quit()


def download_goes_on_from_another_backend(world):
  """100 MiB, the backend of it killed by SIGKILL, for each kind of server."""
  world.needs_gateway()
  for verb in ("EPSV", "PORT"):
    _resume(world, ("left", "right"), "ftp", verb)
  for gone in _SAME_ACCOUNTS:
    others = [kind for kind in _SAME_ACCOUNTS if kind != gone]
    _resume(world, (gone, *others), world.backends[gone].user, "PASV")


def download_of_another_file_is_not_resumed(world):
  """Of the same size, and a second older: 426, and the session lives."""
  world.needs_gateway()
  with world.serve([_farm(world, "left", "right")]) as server:
    for age, name in enumerate(("left", "right")):
      path = world.backends[name].root / "data" / "differs.bin"
      path.write_bytes(content.make(f"differs {name}", 48 * content.MIB))
      os.utime(path, (1_750_000_000 + age,) * 2)
    with world.session(server) as one:
      lost = one.whoami()
      with one.transfer("EPSV", "RETR /data/differs.bin") as data:
        data.settimeout(sessions.TIMEOUT_SECONDS)
        data.recv(1)
        with _killed(world.backends[lost]):
          with contextlib.suppress(ConnectionError):
            sessions.read_all(data)
          reply = one.want("426")
          assert "SIZE and MDTM" in reply, reply
          one.command("NOOP", "200")
          one.quit()


def _resume(world, members, user, verb):
  first, *others = members
  farm = _farm(world, first, *others)
  # The first of them gets the session.
  for backend in farm["backends"][1:]:
    backend["weight"] = 1
  farm["backends"][0]["weight"] = 1000
  with world.serve([farm]) as server:
    with world.session(server, user=user) as one:
      lost = one.whoami()
      with one.transfer(verb, "RETR /data/big.bin") as data:
        data.settimeout(sessions.TIMEOUT_SECONDS)
        received = data.recv(1 << 16)
        assert received
        with _killed(world.backends[lost]):
          received += b"".join(iter(lambda: data.recv(1 << 20), b""))
          one.want("226")
          got = hashlib.sha256(received).hexdigest()
          assert got == world.fixtures.big.sha256, (
              f"{lost}: {len(received)} bytes, and others than in the file")
          assert one.whoami() != lost
          one.quit()
    assert _counter(server, "pinnace_downloads_resumed_total") == 1, (
        f"{lost} was killed when all had gone")


def _farm(world, *members):
  return world.farm(
      "main", *members, balance="weighted", pin_ttl="0s",
      failover={"replace_backend": True, "resume_downloads": True})


@contextlib.contextmanager
def _killed(backend):
  backend.kill()
  try:
    yield
  finally:
    backend.start()
    backend.wait_ready()


def _can_log_in(world, server):
  met = set()
  for _ in range(4):
    try:
      with world.session(server) as one:
        met.add(one.whoami())
        one.quit()
    except sessions.Refused:
      return False  # A registered backend is not everywhere at once.
  return len(met) == 2


def _counter(server, name):
  for line in server.admin("/metrics").splitlines():
    if line.startswith(f"{name} "):
      return int(line.split()[1])
  raise AssertionError(f"no {name} in the metrics")


ALL = [
    session_outlives_its_backend,
    session_outlives_a_drain,
    download_goes_on_from_another_backend,
    download_of_another_file_is_not_resumed,
]
