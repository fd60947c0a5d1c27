"""One cell of the FTPS matrix: a backend and the gateway's leg to it, a client
and its kind of TLS. All operations are made in one session of the client."""

import dataclasses
import itertools
import re

import client_curl
import client_ftplib
import client_lftp
import client_openssl
import clients
import operations
import runner
import tls_backends

# Not tnftp: Debian's 20210827 knows TLS for https:// only; it has no AUTH and
# no ftps://.
CLIENTS = {client.name: client for client in (
    client_curl.Curl(), client_curl.Curl("curl-1.2", tls_max="1.2"),
    client_lftp.Lftp(), client_ftplib.Ftplib(),
    client_ftplib.Ftplib("ftplib-fresh", reuses_session=False),
    client_openssl.OpenSsl())}
# Debian's curl 7.88 begins a new TLS 1.3 session after each upload.
WITHOUT_REUSE = frozenset({"ftplib-fresh", "curl"})
INSIST_ON_REUSE = frozenset({"ftplib", "s_client"})

# Backends that demand TLS have no clear leg.
_LEGS = [(name, leg) for name in tls_backends.KINDS
         for leg in ("clear", "explicit")
         if leg == "explicit" or name not in tls_backends.DEMAND_CONTROL]
# Not twice what differs only in what is demanded.
LEGS = [one for one in _LEGS
        if one not in (("proftpd", "explicit"), ("pureftpd", "explicit"))]
# For clients that differ from others on the client's leg only.
_FEW_LEGS = (("vsftpd-reuse", "explicit"), ("proftpd-required", "explicit"),
             ("pureftpd", "clear"), ("pyftpdlib", "clear"))
DIRECTLY = "directly"
_MODES = {"explicit": clients.Mode(4, "EPSV"),
          "implicit": clients.Mode(4, "PASV")}
_PROT = re.compile(r"(?:^> |---> |--> |\*cmd\* ')PROT (\w)", re.MULTILINE)
_serial = itertools.count()

# Where 100 MiB are moved: each client once, each kind of backend once.
_BIG = {("vsftpd-reuse", "explicit", "curl-1.2", "explicit", "P"),
        ("pureftpd", "clear", "lftp", "implicit", "P"),
        ("pyftpdlib", "explicit", "ftplib", "explicit", "C"),
        ("proftpd-required", "explicit", "s_client", "implicit", "P"),
        *[(backend, DIRECTLY, client, "explicit", "P")
          for backend, client in (
              ("vsftpd-reuse", "curl-1.2"), ("pureftpd", "lftp"),
              ("proftpd-required", "s_client"), ("pyftpdlib", "ftplib"))]}


@dataclasses.dataclass(frozen=True)
class Cell:
  """Its name is `backend/leg/client/listener/PROT`."""
  backend: str
  leg: str       # clear, explicit; or DIRECTLY: there is no gateway.
  client: str
  listener: str  # explicit, implicit.
  prot: str      # C, P.

  @property
  def name(self):
    return "/".join(dataclasses.astuple(self))

  @property
  def operations(self):
    if dataclasses.astuple(self) in _BIG:
      return operations.WITH_TLS + operations.BIG_WITH_TLS
    return operations.WITH_TLS

  @property
  def reuses_session(self):
    return self.client not in WITHOUT_REUSE

  @property
  def data_protection(self):
    """Of the farm; a backend that demands it gets PROT P for a client's C."""
    demanded = self.backend in tls_backends.DEMAND_DATA
    return "private" if demanded and self.prot == "C" else "same"

  def target(self, address, port, backend, ca):
    return clients.Target(
        address, port, backend.user, backend.password,
        clients.Tls(ca, self.listener == "implicit", self.prot == "P"))

  def run(self, target, backend, work, fixtures):
    """[(name, failure)] of each operation."""
    session = _Session(self, target, backend, work, fixtures)
    failures = session.run(self.operations)
    if failures is None:
      # Which one broke the session? Each alone.
      failures = {}
      for operation in self.operations:
        alone = session.run([operation])
        failures[operation.name] = (
            alone[operation.name] if alone else session.failure)
      if not any(failures.values()):
        failures["in one session"] = session.failure
    return [(f"{self.name}/{name}", failure)
            for name, failure in failures.items()]


class _Session:
  """Runs operations in one session of the client."""

  def __init__(self, cell, target, backend, work, fixtures):
    self._cell, self._target, self._backend = cell, target, backend
    self._work, self._fixtures = work, fixtures
    self.failure = None  # Of the last session that did not work.

  def run(self, wanted):
    """{name: failure}; None if the client failed."""
    label = f"ftps{next(_serial)}"
    places = {operation: self._place(label, operation) for operation in wanted}
    folder = self._work / "client" / label
    mode = _MODES[self._cell.listener]
    try:
      commands, checks = [], {}
      for operation, place in places.items():
        asked, checks[operation.name] = operation.prepare(place)
        commands += [dataclasses.replace(step, local=self._local(place, step))
                     for step in asked]
      transcript = CLIENTS[self._cell.client].run(
          self._target, mode, commands, folder)
      self._check_protection(transcript, mode)
      return {name: _with_transcript(runner.outcome(check), transcript)
              for name, check in checks.items()}
    except AssertionError as failure:
      self.failure = str(failure)
      return None
    finally:
      for place in places.values():
        operations.remove(place)

  def _place(self, label, operation):
    place = operations.Place(
        local=self._work / "client" / label / operation.name,
        disk=self._backend.root / "w" / f"{label}-{operation.name}",
        remote=f"/w/{label}-{operation.name}", fixtures=self._fixtures)
    place.local.mkdir(parents=True)
    place.disk.mkdir()
    place.disk.chmod(0o777)
    return place

  @staticmethod
  def _local(place, step):
    return f"{place.local.name}/{step.local}"

  def _check_protection(self, transcript, mode):
    used = clients.data_verbs(transcript)
    assert used == {mode.verb}, f"data connections by {used}\n{transcript}"
    prot = set(_PROT.findall(transcript))
    assert prot == {self._cell.prot}, f"PROT {prot}\n{transcript}"


def _with_transcript(failure, transcript):
  return failure and f"{failure}\n{transcript}"


def every():
  """Through the gateway."""
  return [Cell(backend, leg, client, listener, prot)
          for backend, leg in LEGS for client in CLIENTS
          if client not in WITHOUT_REUSE or (backend, leg) in _FEW_LEGS
          for listener in _MODES for prot in "CP"]


def directly():
  """What clients and backends can do without a gateway."""
  found = [Cell(backend, DIRECTLY, client, "explicit", prot)
           for backend in tls_backends.KINDS for client in CLIENTS
           for prot in "CP"]
  return [cell for cell in found if _possible_directly(cell)]


def _possible_directly(cell):
  if cell.prot == "C":
    return cell.backend not in tls_backends.DEMAND_DATA
  if cell.client.startswith("curl") and cell.backend.startswith("pyftpdlib"):
    # It resets a data connection whose handshake comes before the command.
    return False
  if not cell.reuses_session:
    return cell.backend not in tls_backends.DEMAND_REUSE
  return not (cell.client in INSIST_ON_REUSE and
              cell.backend in tls_backends.GIVE_NO_SESSION)
