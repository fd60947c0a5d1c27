"""Python's ftplib, in a process of its own (ftplib_client.py)."""

import dataclasses
import json
import pathlib

import clients


class Ftplib(clients.Client):
  name = "ftplib"
  modes = clients.both_families(clients.IPV4_MODES, clients.IPV6_MODES)

  def run(self, target, mode, wanted, folder):
    request = {
        "address": target.address, "port": target.port, "user": target.user,
        "password": target.password, "verb": mode.verb,
        "steps": [{"kind": type(step).__name__, **dataclasses.asdict(step)}
                  for step in wanted],
    }
    program = pathlib.Path(__file__).with_name("ftplib_client.py")
    return clients.execute(["/usr/bin/python3", "-u", str(program)], folder,
                           json.dumps(request))
