"""Python's ftplib, in a process of its own (ftplib_client.py)."""

import dataclasses
import json
import pathlib

import clients


class Ftplib(clients.Client):
  modes = clients.both_families(clients.IPV4_MODES, clients.IPV6_MODES)

  def __init__(self, name="ftplib", reuses_session=True):
    """Data connections with TLS resume the control connection's, or not."""
    self.name = name
    self._reuses_session = reuses_session

  def run(self, target, mode, wanted, folder):
    request = {
        "address": target.address, "port": target.port, "user": target.user,
        "password": target.password, "verb": mode.verb,
        "steps": [{"kind": type(step).__name__, **dataclasses.asdict(step)}
                  for step in wanted],
        "tls": target.tls and {**dataclasses.asdict(target.tls),
                               "reuse": self._reuses_session},
    }
    program = pathlib.Path(__file__).with_name("ftplib_client.py")
    return clients.execute(["/usr/bin/python3", "-u", str(program)], folder,
                           json.dumps(request))
