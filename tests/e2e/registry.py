"""The control plane as a test calls it: through reflection_client.py."""

import json
import pathlib
import subprocess
import threading

import waiting

_PROGRAM = pathlib.Path(__file__).with_name("reflection_client.py")

_POLL_SECONDS = 0.03  # A call costs a few milliseconds of CPU.


class Refused(AssertionError):
  """A call that did not end with OK."""

  def __init__(self, method, code, message):
    super().__init__(f"{method}: {code}: {message}")
    self.code = code
    self.message = message


class Registry:
  """A context manager. Any thread; one call at a time.

  A program of its own makes the calls: gRPC's threads must be born in the
  control plane's network namespace, and do not survive a fork.
  """

  def __init__(self, control_plane, address, token_file=None):
    self._lock = threading.Lock()
    arguments = [str(token_file)] if token_file else []
    self._program = subprocess.Popen(
        control_plane.host.namespace.command(
            "/usr/bin/python3", str(_PROGRAM), address, *arguments),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self._program.kill()
    self._program.wait()

  def _ask(self, question):
    with self._lock:
      self._program.stdin.write(json.dumps(question) + "\n")
      self._program.stdin.flush()
      answer = self._program.stdout.readline()
    assert answer, f"reflection_client.py ended at {question}"
    return json.loads(answer)

  def services(self):
    answer = self._ask({"services": True})
    assert "services" in answer, answer
    return answer["services"]

  def call(self, method, **request):
    """`method` of Registry, "Sessions/..." or "package.Service/..."."""
    if "/" not in method:
      method = f"Registry/{method}"
    if "." not in method:
      method = f"pinnace.v1.{method}"
    answer = self._ask({"method": method, "request": request})
    if "code" in answer:
      raise Refused(method, answer["code"], answer["message"])
    return answer["response"]

  def refusal(self, method, **request):
    """The Refused that this call must end with."""
    try:
      answer = self.call(method, **request)
    except Refused as refused:
      return refused
    raise AssertionError(f"{method} {request} is not refused but {answer}")

  # What most scenarios want.

  def register(self, farm, backend, address, ttl=None, **more):
    return self.call(
        "RegisterBackend", farm=farm,
        backend={"id": backend, "address": address, **more},
        **({"ttl": ttl} if ttl else {}))

  def set_farm(self, name, **settings):
    return self.call("SetFarm", farm={"name": name, **settings})

  def set_route(self, name, farm, **conditions):
    return self.call("SetRoute",
                     route={"name": name, "farm": farm, **conditions})

  def backends(self, farm=""):
    """{id: BackendRecord}."""
    found = self.call("ListBackends", farm=farm).get("backends", [])
    return {record["backend"]["id"]: record for record in found}

  def gateways(self):
    """{name: Gateway} of those that are connected."""
    found = self.call("Sessions/ListGateways").get("gateways", [])
    return {record["name"]: record for record in found}

  def sessions(self, **filters):
    return self.call("Sessions/ListSessions", **filters).get("sessions", [])

  def pins(self):
    """{key: Pin}."""
    found = self.call("Sessions/ListPins").get("pins", [])
    return {pin["key"]: pin for pin in found}

  def until(self, condition, what, seconds=10):
    """waiting.until() for a condition that asks the control plane."""
    return waiting.until(condition, what, seconds, _POLL_SECONDS)

  def settle(self, *gateways, seconds=10):
    """Waits until these gateways serve from what the registry holds now."""
    wanted = int(self.call("GetSnapshot").get("version", 0))

    def settled():
      there = self.gateways()
      return all(
          int(there.get(gateway.name, {}).get("acked_version", -1)) >= wanted
          for gateway in gateways)

    self.until(settled, f"snapshot {wanted} to be served from", seconds)
