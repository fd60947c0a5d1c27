"""One cell of the matrix: a backend, a client, a mode and an operation."""

import dataclasses
import itertools
import json
import pathlib

import backends
import catalog
import clients
import operations

# What is not possible without a gateway either, with the reason. Written by
# `matrix.py --relearn`.
EXPECTED = pathlib.Path(__file__).with_name("direct.json")
_serial = itertools.count()


@dataclasses.dataclass(frozen=True)
class Cell:
  """Its name is `backend/client/mode/operation`."""
  backend: str
  client: str
  mode: clients.Mode
  operation: operations.Operation

  @property
  def name(self):
    return f"{self.backend}/{self.client}/{self.mode}/{self.operation.name}"

  def run(self, target, backend, work, fixtures):
    """Raises AssertionError when the cell fails."""
    label = f"cell{next(_serial)}"
    place = operations.Place(
        local=work / "client" / label, disk=backend.root / "w" / label,
        remote=f"/w/{label}", fixtures=fixtures)
    place.local.mkdir(parents=True)
    place.disk.mkdir()
    place.disk.chmod(0o777)
    client = catalog.CLIENTS[self.client]
    transcript = ""
    try:
      wanted, check = self.operation.prepare(place)
      transcript = client.run(target, self.mode, wanted, place.local)
      self._check_mode(transcript)
      check()
    except operations.Wrong as wrong:
      raise operations.Wrong(f"{wrong}\n{transcript}") from None
    finally:
      operations.remove(place)

  def _check_mode(self, transcript):
    """The client did use the mode, and did not fall back to another."""
    used = clients.data_verbs(transcript)
    if self.operation.has_data and used != {self.mode.verb}:
      raise operations.Wrong(f"data connections by {sorted(used) or 'none'}")


def every():
  """All cells that the clients say they can do."""
  return [
      Cell(backend, client.name, mode, operation)
      for backend in catalog.BACKENDS
      for client in catalog.CLIENTS.values()
      for mode in client.modes
      for operation in operations.ALL
      if operation.kinds <= client.steps
  ]


def impossible_directly():
  if not EXPECTED.exists():
    return {}
  return json.loads(EXPECTED.read_text(encoding="utf-8"))["impossible"]


def remember_impossible(reasons):
  text = json.dumps({"impossible": dict(sorted(reasons.items()))}, indent=1)
  EXPECTED.write_text(text + "\n", encoding="utf-8")


def direct_target(backend, mode):
  return clients.Target(backend.host.address(mode.family), backends.PORT,
                        backend.user, backend.password)
