"""Both legs in every combination of mode and family, for each backend."""

import functools

import clients
import content

_KINDS = ("vsftpd", "proftpd", "pureftpd", "pyftpdlib")


def _legs(world, kind, data_mode, backend_family):
  """All client modes against one farm: list, get and put."""
  farm = world.farm("main", kind, family=backend_family, data_mode=data_mode)
  backend = world.backends[kind]
  with world.serve([farm]) as server:
    for family, verbs in ((4, clients.IPV4_MODES), (6, clients.IPV6_MODES)):
      for verb in verbs:
        try:
          _one_mode(world, server, backend, family, verb)
        except (AssertionError, OSError) as failure:
          raise AssertionError(
              f"client ipv{family} {verb}: {failure!r}") from failure


def _one_mode(world, server, backend, family, verb):
  medium = world.fixtures.medium
  with world.session(server, family=family, user=backend.user) as session:
    listing = session.download("LIST /data", verb)
    assert medium.name.encode() in listing, listing
    received = session.download(f"RETR {medium.remote}", verb)
    assert content.bytes_checksum(received) == medium.sha256, "RETR differs"
    payload = content.make(f"{backend.name} {family} {verb}", content.MIB)
    session.upload("STOR /w/leg", payload, verb)
    assert (backend.root / "w" / "leg").read_bytes() == payload, "STOR differs"
    session.command("DELE /w/leg", "250")
    session.quit()


def _scenario(kind, data_mode, backend_family):
  run = functools.partial(_legs, kind=kind, data_mode=data_mode,
                          backend_family=backend_family)
  run.__name__ = f"{kind}_{data_mode}_over_ipv{backend_family}"
  return run


ALL = [_scenario(kind, data_mode, family)
       for kind in _KINDS for data_mode in ("passive", "active")
       for family in (4, 6)]
