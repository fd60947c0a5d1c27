"""Two worlds for the dashboard's scenarios: a live gateway with real servers
behind it, and the development server's moving data."""

import contextlib
import json
import pathlib
import subprocess
import urllib.request

import catalog
import content
import gateway
import session as sessions
import topology
import waiting

TOKEN = "t0ken-of-the-dashboards-test"
_KINDS = {"a": "vsftpd", "b": "vsftpd"}


class _Session:
  """A logged-in client of the live gateway."""

  def __init__(self, world, number):
    source = world.hosts.many_addresses[number]
    self._ftp = sessions.Session(world.hosts.gateway.ipv4, world.port, source)
    backend = world.backends["a"]
    self.user = backend.user
    # vsftpd takes any password of its anonymous user; this one is looked for.
    self.password = "never-to-be-shown"
    self._ftp.command(f"USER {self.user}", "331", "230")
    self._ftp.command(f"PASS {self.password}", "230")
    self._ftp.command("TYPE I", "200")
    self.host = source
    self.address = self._ftp.local_address()
    self._data = None
    self._has_ended = False

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.quit()

  def quit(self):
    """Also in mid-transfer, and when it has ended."""
    if self._has_ended:
      return
    self._has_ended = True
    if self._data is not None:
      self._data.close()
      self._data = None
      self._ftp.close()
      return
    self._ftp.quit()

  def begin_download(self):
    """One that stands still: nobody reads it."""
    self._data = self._ftp.transfer("PASV", "RETR /data/big.bin")
    self._data.recv(1 << 16)

  def read_some(self):
    """Of the download that was begun."""
    self._data.recv(1 << 18)

  def download(self):
    """A whole file."""
    self._ftp.download("RETR /data/medium.bin")

  def backend(self):
    return self._ftp.whoami()

  def lives(self):
    self._ftp.command("NOOP", "200")
    return True

  def want_421(self):
    self._ftp.want("421")
    self._ftp.close()
    self._has_ended = True


class _Gateway(gateway.Gateway):
  """One that can be killed and started again, and may want a token."""

  def __init__(self, *arguments, token_file=None, **keys):
    super().__init__(*arguments, **keys)
    self._token_file = token_file

  def _config(self):
    config = super()._config()
    if self._token_file:
      config["admin"]["token_file"] = str(self._token_file)
    return config

  def start_again(self):
    self.__enter__()


class LiveWorld:
  """Real clients, `pinnace serve`, two vsftpd. Root."""

  def __init__(self, binary):
    self._binary = binary
    self._stack = contextlib.ExitStack()
    self.url = f"http://{gateway.ADMIN}/"
    self.browser = None

  def __enter__(self):
    self.hosts = self._stack.enter_context(topology.Topology(list(_KINDS)))
    fixtures = content.Fixtures(self.hosts.work / "fixtures")
    self.backends = catalog.start_backends(self.hosts, fixtures, _KINDS)
    self._gateway = self._stack.enter_context(self._serve())
    self.port = self._gateway.ports["main"]
    self.ports = 64
    self.name = self._status()["name"]
    return self

  def __exit__(self, *exception):
    return self._stack.__exit__(*exception)

  def _serve(self, token_file=None):
    farm = gateway.farm("main", self.backends.values())
    return _Gateway(self.hosts, self._binary, [farm], token_file=token_file,
                    name="gw-1", probe_interval="1s")

  def _status(self):
    return json.loads(self._gateway.admin("/api/v1/status"))

  def command(self, *words):
    """The browser is where the gateway is: its admin pages are on loopback."""
    return self.hosts.gateway.namespace.command(*words)

  def call(self, function, *arguments):
    return self.hosts.client.namespace.call(function, *arguments)

  def connect(self, number=0):
    return _Session(self, number)

  def ban(self, client, reason):
    self._gateway.ctl("ban", "add", client, "--reason", reason)

  def unban(self, client):
    self._gateway.ctl("ban", "delete", client)

  def bans(self):
    listed = json.loads(self._gateway.ctl("ban", "list", "--json") or "{}")
    return listed.get("bans", []) if isinstance(listed, dict) else listed

  def kill_gateway(self):
    self._gateway.__exit__()

  def start_gateway(self):
    self._gateway.start_again()

  @contextlib.contextmanager
  def with_token(self):
    """In the place of the other: their ports are the same."""
    token_file = self.hosts.work / "token"
    token_file.write_text(TOKEN + "\n", encoding="ascii")
    token_file.chmod(0o600)
    self.kill_gateway()
    try:
      with self._serve(token_file):
        yield self.url, TOKEN
    finally:
      self.start_gateway()


class _MockSession:

  def __init__(self, world, number):
    self._world = world
    made = world.post(f"/mock/connect/{number}")
    self._id = made["id"]
    self._backend = made["backend"]
    self.user = made["user"]
    self.password = "never-to-be-shown"
    self.address = made["client"]
    self.host = self.address.rsplit(":", 1)[0]

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.quit()

  def quit(self):
    self._world.post(f"/mock/leave/{self._id}")

  def begin_download(self):
    self._world.post(f"/mock/download/{self._id}")

  def read_some(self):
    pass  # It moves by itself.

  def download(self):
    self._world.post(f"/mock/download/{self._id}?size=1048576")

  def backend(self):
    return self._backend

  def lives(self):
    found = self._world.get(f"/api/v1/sessions?q={self.address}")
    return len(found["sessions"]) == 1

  def want_421(self):
    assert not self.lives()


class MockWorld:
  """proxy/admin/dashboard/dev/mock.mjs: no root, no build. For work on the
  page; it shows nothing about a gateway."""

  name = "gw-1"
  ports = 100
  _PORT = 18021
  _TOKEN_PORT = 18022

  def __init__(self):
    root = pathlib.Path(__file__).parents[2]
    self._program = root / "proxy/admin/dashboard/dev/mock.mjs"
    self.url = f"http://127.0.0.1:{self._PORT}/"
    self.browser = None
    self._process = None

  def _start(self, port, *arguments):
    process = subprocess.Popen(
        ["node", str(self._program), "--still", "--port", str(port),
         *arguments], stdout=subprocess.DEVNULL)
    waiting.until(lambda: waiting.accepts("127.0.0.1", port), "the mock")
    return process

  def __enter__(self):
    self.start_gateway()
    return self

  def __exit__(self, *_):
    self.kill_gateway()

  def command(self, *words):
    return list(words)

  def call(self, function, *arguments):
    return function(*arguments)

  def get(self, path):
    return self._ask("GET", path)

  def post(self, path, body=None):
    return self._ask("POST", path, body)

  def _ask(self, method, path, body=None):
    request = urllib.request.Request(
        self.url + path[1:], method=method,
        data=json.dumps(body).encode() if body else None)
    with urllib.request.urlopen(request, timeout=5) as answer:
      return json.load(answer)

  def connect(self, number=0):
    return _MockSession(self, number)

  def ban(self, client, reason):
    self.post("/api/v1/bans", {"client": client, "reason": reason})

  def unban(self, client):
    self._ask("DELETE", f"/api/v1/bans/{client.replace('/', '%2F')}")

  def bans(self):
    return self.get("/api/v1/bans")["bans"]

  def kill_gateway(self):
    self._process.kill()
    self._process.wait()

  def start_gateway(self):
    self._process = self._start(self._PORT)

  @contextlib.contextmanager
  def with_token(self):
    process = self._start(self._TOKEN_PORT, "--token", TOKEN)
    try:
      yield f"http://127.0.0.1:{self._TOKEN_PORT}/", TOKEN
    finally:
      process.kill()
      process.wait()
