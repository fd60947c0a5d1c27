"""The four backends: what all of them share, and their list.

A backend knows nothing of the gateway. Each runs on a host of its own, on
port 21 of IPv4 and IPv6, with a configuration made for this run.
"""

import os
import pathlib
import signal
import subprocess

import waiting

PORT = 21
PASSIVE_PORTS = (30000, 30999)
USER = "sailor"
PASSWORD = "harbour7"


def unpacked(program):
  """A server that tests/install-test-deps.sh unpacked."""
  cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
  root = os.environ.get("PINNACE_UNPACKED") or (
      pathlib.Path(cache) / "pinnace" / "unpacked")
  return str(pathlib.Path(root) / program)


def hashed(password):
  """A crypt(3) hash that costs little: thousands of logins follow."""
  return subprocess.run(["openssl", "passwd", "-1", password], check=True,
                        capture_output=True, text=True).stdout.strip()


class Backend:
  """One FTP server. A subclass gives `kind` and _command()."""

  kind = None
  user = USER

  def __init__(self, name, host, folder, fixtures):
    self.name = name
    self.host = host
    self.folder = folder
    self.root = folder / "root"
    self.password = PASSWORD
    self._process = None
    folder.mkdir()
    folder.chmod(0o755)
    fixtures.install(self.root)
    (self.root / "data" / "whoami").write_text(name, encoding="ascii")

  def _command(self):
    """Writes the configuration and returns the command that serves it."""
    raise NotImplementedError

  def start(self):
    log = open(self.folder / "log", "ab")
    self._process = subprocess.Popen(
        self.host.namespace.command(*self._command()), stdout=log, stderr=log,
        stdin=subprocess.DEVNULL, start_new_session=True, cwd=self.folder)
    log.close()

  def wait_ready(self):
    for address in (self.host.ipv4, self.host.ipv6):
      self.host.namespace.call(
          waiting.until, lambda: waiting.greets(address, PORT),
          f"the greeting of {self.name} on {address}; see {self.log()}")

  def log(self):
    return (self.folder / "log").read_text(errors="replace")[-2000:]

  def kill(self):
    """SIGKILL for the server and every process of its sessions."""
    self.host.namespace.kill_all()
    if self._process:
      os.killpg(self._process.pid, signal.SIGKILL)
      self._process.wait()

  def write_file(self, name, text):
    path = self.folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)
