"""pyftpdlib, from a small program of its own (pyftpdlib_server.py)."""

import pathlib

import backends


class Pyftpdlib(backends.Backend):
  kind = "pyftpdlib"

  def _command(self):
    program = pathlib.Path(__file__).with_name("pyftpdlib_server.py")
    ports = [backends.PORT, *backends.PASSIVE_PORTS]
    return ["/usr/bin/python3", str(program), str(self.root), self.user,
            self.password, *[str(port) for port in ports]]
