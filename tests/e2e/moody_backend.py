"""pyftpdlib that can be told to misbehave while it runs (moody_server.py)."""

import pathlib

import backends

WELL = "well"
HANGS_AT_LIST = "hangs at list"
SILENT = "silent"


class Moody(backends.Backend):
  """Its user is vsftpd's, so that the two can stand in one farm."""
  kind = "moody"
  user = "ftp"

  def _command(self):
    self.become(WELL)
    program = pathlib.Path(__file__).with_name("moody_server.py")
    ports = [backends.PORT, *backends.PASSIVE_PORTS]
    return ["/usr/bin/python3", str(program), str(self.folder), self.user,
            self.password, *[str(port) for port in ports]]

  def become(self, mood):
    """From the next connection or LIST on."""
    self._seen("seen").write_text("")
    new = self._seen("mood.new")
    new.write_text(mood, encoding="ascii")
    new.rename(self._seen("mood"))

  def count(self, what):
    """How often "connect" or "list" was met since become()."""
    return self._seen("seen").read_text().split().count(what)

  def _seen(self, name):
    return self.folder / name
