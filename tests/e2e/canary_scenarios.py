"""Nothing secret and no raw control byte in a log, a metric or an admin page,
by whatever way it came."""

import contextlib
import json
import socket
import stat
import subprocess

import control_world
import pinnace_process
import session
import waiting

_SAILOR = control_world.SAILOR
_PORT = 2199
_ADMIN = "127.0.0.1:8099"
_CONTROL_PLANE = "127.0.0.1:9099"
_CANARY = "kanarie"  # Part of every secret here.
# What is shown of everything must still be there: the test looks at something.
_SHOWN = "zichtbaar"
_HOSTILE = f"{_SHOWN}\x1b[31m\x07\x08\x7f\x9b"
_LINES = (
    f"PASS {_CANARY}-early", f"pass {_CANARY}-lower", f"PaSs\t{_CANARY}-tab",
    f"PASS  {_CANARY}-two-blanks", f"PASS{_CANARY}", f"ACCT {_CANARY}-account",
    f"ADAT {_CANARY}-adat", f"MIC {_CANARY}-mic", f"CONF {_CANARY}-conf",
    f"ENC {_CANARY}-enc", f"AUTH {_SHOWN}", "USER", "PASS",
    f"USER {_HOSTILE}", f"PASS {_CANARY}-of-a-hostile-name",
    f"USER {_SAILOR.user}", f"PASS {_CANARY}-wrong",
)
_LOGGED_IN_LINES = (
    f"SITE PSWD {_CANARY}-old {_CANARY}-new", f"SITE PASSWD {_CANARY}-third",
    f"site pswd {_CANARY}-fourth {_CANARY}-fifth",
    f"SITE CHPASS {_CANARY}-sixth",
    f"SIZE {_HOSTILE}", f"RETR {_HOSTILE}", f"CWD {_HOSTILE}",
    f"SITE {_HOSTILE}", f"{_SHOWN[:4]}\x1b", f"CLNT {_HOSTILE}",
    f"PASS {_CANARY}-again", f"ACCT {_CANARY}-again",
)


def _raw(gateway_address, port, lines, byte_wise=False):
  """Says the lines, whatever is answered; the session stays open."""
  control = socket.create_connection((gateway_address, port),
                                     timeout=session.TIMEOUT_SECONDS)
  control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
  replies = control.makefile("rb")
  assert replies.readline().startswith(b"220")
  for line in lines:
    wire = line.encode("latin-1") + b"\r\n"
    pieces = [wire[i:i + 1] for i in range(len(wire))] if byte_wise else [wire]
    for piece in pieces:
      control.sendall(piece)
    while True:
      reply = replies.readline()
      if not reply or reply[3:4] == b" ":
        break
    if not reply or reply.startswith(b"421"):
      break
  return control


def _check(name, content):
  """`content` is bytes."""
  assert _CANARY.encode() not in content, (
      f"{name} shows a secret: {_around(content, _CANARY.encode())}")
  # A file of lines may have line ends, and a page of text tabs.
  raw = [byte for byte in content
         if (byte < 32 and byte not in b"\r\n\t") or byte in (127, 0x9b)]
  assert not raw, f"{name} shows the raw control bytes {sorted(set(raw))}"


def _around(content, what):
  place = content.find(what)
  return content[max(0, place - 100):place + 40]


def _pages(gateway):
  status, text = gateway.admin("/api/v1/openapi.json")
  assert status == 200, (status, text)
  paths = json.loads(text)["paths"]
  pages = {}
  for path, methods in paths.items():
    if "get" not in methods or path == "/api/v1/events":
      continue
    if "{" in path:
      status, text = gateway.admin("/api/v1/sessions?limit=1000")
      assert status == 200, (status, text)
      some = [path.replace("{id}", one["id"])
              for one in json.loads(text)["sessions"]]
    else:
      some = [path]
    for one in some:
      status, body = gateway.admin(one)
      # Where no backend is usable /readyz says so.
      assert status == 200 or one == "/readyz", (one, status, body)
      pages[one] = body.encode()
  return pages


def nothing_secret_is_shown_anywhere(world):
  with world.fleet(bans={"failed_logins": 1000, "tarpit": "0s"}) as fleet:
    world.register(fleet.registry, "main", "a")
    fleet.settle()
    address, port = fleet.gateway.host.ipv4, fleet.gateway.ports["main"]
    with contextlib.ExitStack() as open_sessions:
      for byte_wise in (False, True):
        open_sessions.enter_context(
            _raw(address, port, _LINES, byte_wise=byte_wise))
        login = [f"USER {_SAILOR.user}", f"PASS {_SAILOR.password}"]
        open_sessions.enter_context(
            _raw(address, port, login + list(_LOGGED_IN_LINES),
                 byte_wise=byte_wise))
      pages = _pages(fleet.gateway)
      for name, content in pages.items():
        _check(name, content)
        assert _SAILOR.password.encode() not in content, name
      for kind in ("session", "pin", "ban", "gateway", "audit"):
        words = [kind] if kind == "audit" else [kind, "list"]
        shown = fleet.control_plane.ctl(*words)
        _check(f"ctl {kind}", shown.encode())
    status, metrics = fleet.gateway.admin("/metrics")
    assert status == 200, status
    _check("/metrics", metrics.encode())
    for name, log in (("gateway", fleet.gateway.whole_log()),
                      ("control plane", fleet.control_plane.whole_log())):
      _check(f"log of the {name}", log)
      assert _SAILOR.password.encode() not in log, name
    # The test has looked where such things are shown.
    assert _SHOWN.encode() in fleet.gateway.whole_log()
    timelines = b"".join(content for name, content in pages.items()
                         if name.endswith("timeline"))
    assert _SHOWN.encode() in timelines
    assert b"PASS ****" in timelines


class _Serve:
  """`pinnace serve` with a token for everything; a context manager."""

  def __init__(self, world):
    self.host = world.hosts.gateway
    self._binary = str(world.binary)
    self.folder = world.hosts.work / "canary-serve"
    self._process = pinnace_process.PinnaceProcess(
        self.host, world.binary, self.folder, "serve")
    self.secrets = {name: self._secret(name)
                    for name in ("admin", "viewer", "operator", "probe")}
    self._backend = world.address_of("a")

  def _secret(self, name):
    path = self.folder / f"{name}.secret"
    path.write_text(f"{_CANARY}-{name}-0123456789\n")
    path.chmod(stat.S_IRUSR)
    return path

  def __enter__(self):
    file = {name: str(path) for name, path in self.secrets.items()}
    self._process.start({
        "gateway": {"name": "canary",
                    "listeners": [{"address": f"127.0.0.1:{_PORT}"}],
                    "public_ports": ["51900-51903"],
                    "probe_interval": "1s"},
        "control_plane": {
            "listen": _CONTROL_PLANE, "store": f"sqlite:{self.folder}/p.db",
            "tokens": [{"name": "ops", "role": "operator",
                        "file": file["operator"]}]},
        "admin": {"listen": _ADMIN, "token_file": file["admin"],
                  "tokens": [{"name": "looks", "role": "viewer",
                              "file": file["viewer"]}]},
        "farms": [{"name": "main", "health_check": {
            "kind": "login", "user": "probe", "password_file": file["probe"]},
                   "backends": [{"id": "a", "address": self._backend}]}]})

    def ready():
      assert self._process.alive(), self._process.log()
      return waiting.answers("127.0.0.1", _PORT)

    self.host.namespace.call(waiting.until, ready, "pinnace serve")
    return self

  def __exit__(self, *_):
    self._process.kill()

  def whole_log(self):
    return self._process.whole_log()

  def admin(self, path, *curl_arguments):
    """(status, body)"""
    done = subprocess.run(
        self.host.namespace.command(
            "curl", "-sS", "--max-time", "5", "-w", "\n%{http_code}",
            *curl_arguments, f"http://{_ADMIN}{path}"),
        capture_output=True, text=True, timeout=10, check=False)
    body, _, status = done.stdout.rpartition("\n")
    return int(status or 0), body

  def ctl(self, token_file, *words):
    done = subprocess.run(
        self.host.namespace.command(
            self._binary, "ctl", "--server", _CONTROL_PLANE, "--token-file",
            str(token_file), *words),
        capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout + done.stderr


class _WithToken:
  """A gateway's pages, asked with a token."""

  def __init__(self, serve, token):
    self._serve, self._token = serve, token

  def admin(self, path):
    return self._serve.admin(path, "-H", f"Authorization: Bearer {self._token}")


def tokens_and_files_of_secrets_are_shown_nowhere(world):
  with _Serve(world) as serve:
    token = serve.secrets["admin"].read_text().strip()
    for wrong in (["-H", f"Authorization: Bearer {_CANARY}-wrong"],
                  ["-H", f"Authorization: Basic {_CANARY}"],
                  ["-u", f"admin:{_CANARY}"], []):
      status, body = serve.admin("/api/v1/sessions", *wrong)
      assert status == 401, (wrong, status)
      _check("a refused page", body.encode())
    status, body = serve.admin(f"/api/v1/sessions?token={_CANARY}", "-H",
                               f"Authorization: Bearer {token}")
    assert status == 400, (status, body)
    viewer = serve.secrets["viewer"].read_text().strip()
    status, body = serve.admin("/api/v1/drain", "-X", "POST", "-H",
                               f"Authorization: Bearer {viewer}")
    assert status == 403, (status, body)
    _check("a forbidden page", body.encode())
    code, shown = serve.ctl(serve.secrets["viewer"], "backend", "list")
    assert code == 1, shown
    _check("ctl with a wrong token", shown.encode())
    for words in (("backend", "list"), ("farm", "show", "main"), ("audit",),
                  ("snapshot",)):
      code, shown = serve.ctl(serve.secrets["operator"], *words)
      assert code == 0, (words, shown)
      _check(f"ctl {words}", shown.encode())
    # The backend does not know the probe's password, and says so.
    waiting.until(lambda: b"probe" in serve.whole_log()
                  or b"unhealthy" in serve.whole_log(), "a failed probe")
    for name, content in _pages(_WithToken(serve, token)).items():
      _check(name, content)
    _check("the log", serve.whole_log())


ALL = [nothing_secret_is_shown_anywhere,
       tokens_and_files_of_secrets_are_shown_nowhere]
