"""`pinnace serve` on free ports, a fake backend, and `pinnace ctl`."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

import fake_backend

BINARY = str(pathlib.Path("cli/pinnace").resolve())
PATIENCE = 30  # Seconds.


def free_port():
  with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    return listener.getsockname()[1]


def until(condition, what):
  """Its first true value."""
  deadline = time.monotonic() + PATIENCE
  while time.monotonic() < deadline:
    value = condition()
    if value:
      return value
    time.sleep(0.02)
  raise AssertionError(f"not in {PATIENCE} s: {what}")


def run(*words, server=None):
  """`pinnace ...`; with a server, `pinnace ctl ...` over it."""
  front = ("ctl", "--server", server) if server else ()
  return subprocess.run([BINARY, *front, *words], capture_output=True,
                        text=True, timeout=PATIENCE, check=False)


def verbs():
  """("backend", "register"), ("snapshot", ""), ... as --help lists them."""
  listing = run("ctl", "--help").stdout.split("Every verb")[0]
  return re.findall(r"^  ([a-z]+)(?: ([a-z]+))?", listing, re.MULTILINE)


def examples(*words):
  """Of `pinnace WORDS --help`, each with its continuation lines."""
  text = run(*words, "--help").stdout.partition("examples:\n")[2]
  return re.findall(r"^  (pinnace (?:.*\\\n)*.*)$", text, re.MULTILINE)


class Client:
  """An FTP session through the gateway, logged in."""

  def __init__(self, port, user):
    self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
    self._lines = self._socket.makefile("rb")
    self._expect("220")
    self.say(f"USER {user}", "331")
    self.say("PASS x", "230")

  def say(self, command, code):
    self._socket.sendall(f"{command}\r\n".encode())
    self._expect(code)

  def _expect(self, code):
    line = self._lines.readline().decode()
    if not line.startswith(code):
      raise AssertionError(f"{code} expected, not {line!r}")

  def close(self):
    self._lines.close()
    self._socket.close()


class World:
  """A context manager. Listeners for the farms main and archive."""

  def __init__(self):
    self._folder = tempfile.TemporaryDirectory()
    self._grpc, self.main, self.archive, admin, public = (
        free_port() for _ in range(5))
    self.server = f"127.0.0.1:{self._grpc}"
    self.backend = fake_backend.FakeBackend()
    self._serve = None
    self._config = pathlib.Path(self._folder.name) / "pinnace.yaml"
    self._config.write_text(json.dumps({  # JSON is YAML.
        "gateway": {
            "name": "gw",
            "workers": 1,
            "listeners": [
                {"address": f"127.0.0.1:{self.main}", "farm": "main"},
                {"address": f"127.0.0.1:{self.archive}", "farm": "archive"},
            ],
            "public_ports": [str(public)],
        },
        "control_plane": {
            "listen": self.server,
            "store": f"sqlite:{self._folder.name}/pinnace.db",
        },
        "admin": {"listen": f"127.0.0.1:{admin}"},
    }))

  def __enter__(self):
    self.backend.__enter__()
    self.start()
    return self

  def __exit__(self, *_):
    self.stop()
    self.backend.__exit__()
    self._folder.cleanup()

  def start(self):
    log = open(f"{self._folder.name}/log", "ab")
    with log:
      self._serve = subprocess.Popen(
          [BINARY, "serve", "--config", str(self._config)],
          stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    until(lambda: self.ctl_json("gateway", "list", check=False).get("gateways"),
          "the gateway at its control plane")

  def stop(self):
    """As a crash would."""
    if self._serve.poll() is None:
      self._serve.kill()
    self._serve.wait()

  def log(self):
    return pathlib.Path(f"{self._folder.name}/log").read_text()

  def stand_still(self, seconds):
    """As a machine that swaps, or moves to another host."""
    self._serve.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    self._serve.send_signal(signal.SIGCONT)

  def ctl(self, *words, check=True):
    done = run(*words, server=self.server)
    if check and done.returncode != 0:
      raise AssertionError(f"ctl {' '.join(words)}: exit {done.returncode}\n"
                           f"{done.stdout}{done.stderr}\n{self.log()}")
    return done

  def ctl_json(self, *words, check=True):
    done = self.ctl(*words, "--json", check=check)
    return json.loads(done.stdout) if done.returncode == 0 else {}

  def record(self, backend):
    """What is known of a backend; {}: nothing."""
    return self.ctl_json("backend", "show", backend, check=False)

  def state(self, backend):
    return self.record(backend).get("backend", {}).get("state")

  def sessions(self, backend):
    """As the gateway reports them to the control plane."""
    return int(self.record(backend).get("load", {}).get("sessions", 0))

  def log_in(self, port, user="anonymous"):
    """A session, once the gateway knows a backend for it."""
    def client():
      try:
        return Client(port, user)
      except AssertionError:
        return None
    return until(client, f"a session at {port}")

  def hold(self, backend, *flags):
    return Holder(self, backend, flags)


class Holder:
  """`backend register --hold` in the background; a context manager."""

  def __init__(self, world, backend, flags):
    self._stderr = tempfile.TemporaryFile("w+")
    self._process = subprocess.Popen(
        [BINARY, "ctl", "--server", world.server, "backend", "register",
         "--hold", "--farm", "main", "--id", backend, "--address",
         world.backend.address, *flags],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=self._stderr, text=True)

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.kill()
    self._stderr.close()

  def kill(self):
    if self._process.poll() is None:
      self._process.kill()
    self._process.wait()

  def stop(self):
    self._process.send_signal(signal.SIGTERM)

  def wait(self):
    return self._process.wait(PATIENCE)

  def log(self):
    size = os.fstat(self._stderr.fileno()).st_size
    return os.pread(self._stderr.fileno(), size, 0).decode()

  def until_log(self, text):
    until(lambda: text in self.log() or self._process.poll() is not None, text)
    if text not in self.log():
      raise AssertionError(f"{text!r} not in the log:\n{self.log()}")
