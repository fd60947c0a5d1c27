"""What the admin pages of a gateway show, and what is done through them."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

import control_world

_SAILOR = control_world.SAILOR
_PATIENCE = 10
_DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"


def the_metrics_pass_promtool(world):
  """Names, types and help by the conventions of Prometheus."""
  with world.fleet() as fleet:
    world.register(fleet.registry, "main", "a")
    fleet.settle()
    assert world.meets(fleet.gateway, _SAILOR) == "a"
    status, text = fleet.gateway.admin("/metrics")
    assert status == 200, status
    promtool = pathlib.Path(os.environ["PINNACE_UNPACKED"]) / "usr/bin/promtool"
    done = subprocess.run([str(promtool), "check", "metrics"], input=text,
                          capture_output=True, text=True, timeout=20,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (done.stdout + done.stderr).strip(), done.stdout + done.stderr
    for name in ("login_seconds", "backend_connect_seconds"):
      assert f"pinnace_{name}_count 1\n" in text, name


def _promtool(*words):
  promtool = pathlib.Path(os.environ["PINNACE_UNPACKED"]) / "usr/bin/promtool"
  done = subprocess.run([str(promtool), *words], capture_output=True, text=True,
                        timeout=60, check=False)
  assert done.returncode == 0, done.stdout + done.stderr


def alerts_and_charts_are_of_metrics_that_there_are(world):
  rules = _DEPLOY / "prometheus/pinnace.rules.yaml"
  _promtool("check", "rules", str(rules))
  _promtool("test", "rules", str(rules.with_suffix(".test.yaml")))
  board = json.loads((_DEPLOY / "grafana/pinnace.json").read_text())
  expressions = [target["expr"] for panel in board["panels"]
                 for target in panel["targets"]]
  assert len(expressions) > 20, len(expressions)
  with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
    # Prometheus' own parser reads them, as rules, with the variables filled in.
    json.dump({"groups": [{"name": "charts", "rules": [
        {"record": f"chart:{number}", "expr": expression.replace(
            "$__rate_interval", "1m").replace("$instance", ".*")}
        for number, expression in enumerate(expressions)]}]}, file)
    file.flush()
    _promtool("check", "rules", file.name)
  with world.fleet() as fleet:
    world.register(fleet.registry, "main", "a")
    fleet.settle()
    status, text = fleet.gateway.admin("/metrics")
    assert status == 200, status
  there = set(re.findall(r"^# TYPE (\S+)", text, re.M))
  asked = set(re.findall(r"\bpinnace_\w+", rules.read_text()
                         + " ".join(expressions)))
  unknown = {name for name in asked
             if name not in there and name.removesuffix("_bucket") not in there}
  assert not unknown, unknown


def a_backend_is_drained_in_the_registry(world):
  with world.fleet() as fleet:
    world.register(fleet.registry, "main", "a", "b")
    fleet.settle()
    gateway = fleet.gateway
    status, body = _post(gateway, "/api/v1/backends/a:drain")
    assert (status, body) == (200, "{}\n"), (status, body)
    fleet.registry.until(lambda: _states(gateway)["a"] == "STATE_DRAINING",
                         "the gateway to drain a")
    assert fleet.registry.backends("main")["a"]["backend"]["state"] == (
        "STATE_DRAINING")
    for number in range(4):
      assert world.meets(gateway, _SAILOR,
                         source=world.address(number)) == "b"
    status, body = _post(gateway, "/api/v1/backends/a:resume")
    assert (status, body) == (200, "{}\n"), (status, body)
    fleet.registry.until(lambda: _states(gateway)["a"] == "STATE_UP",
                         "the gateway to take a again")
    status, body = _post(gateway, "/api/v1/backends/nobody:drain")
    assert (status, json.loads(body)) == (404,
                                          {"error": "no backend nobody"}), body
    fleet.control_plane.kill()
    status, body = _post(gateway, "/api/v1/backends/a:drain")
    assert status == 503, (status, body)
    assert "the control plane says" in json.loads(body)["error"], body


def a_session_is_traced_until_it_ends(world):
  with world.fleet() as fleet:
    world.register(fleet.registry, "main", "a")
    fleet.settle()
    with world.login(fleet.gateway, _SAILOR) as opened:
      status, body = fleet.gateway.admin("/api/v1/sessions")
      one, = json.loads(body)["sessions"]
      trace = subprocess.Popen(
          fleet.control_plane.command("session", "trace", one["id"]),
          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
      try:
        seen = []
        reader = threading.Thread(
            target=lambda: seen.extend(trace.stdout), daemon=True)
        reader.start()
        fleet.registry.until(lambda: any("PASS" in line for line in seen),
                             "the login in the trace")
        opened.command("NOOP", "200")
        opened.quit()
        assert trace.wait(_PATIENCE) == 0, seen
        reader.join(_PATIENCE)
      finally:
        trace.kill()
        trace.wait()
      text = "".join(seen)
      assert f"client   USER {_SAILOR.user}\n" in text, text
      assert "client   PASS ****\n" in text, text
      assert "ask    PASS ****\n" in text, text
      assert _SAILOR.password not in text, text
      assert "backend  230" in text, text


def who_follows_the_events_hears_of_a_session(world):
  with world.fleet() as fleet:
    world.register(fleet.registry, "main", "a")
    fleet.settle()
    gateway = fleet.gateway
    assert world.meets(gateway, _SAILOR) == "a"
    kinds = []

    def heard():
      # Ends with the time that curl has.
      kinds[:] = [event["kind"] for event in _events(gateway)]
      return "KIND_SESSION_END" in kinds

    fleet.registry.until(heard, "the end of a session")
    for kind in ("KIND_SESSION_START", "KIND_LOGIN", "KIND_SESSION_END"):
      assert kind in kinds, kinds


def a_gateway_with_readers_of_events_ends_at_once(world):
  with world.fleet(timeouts={"drain_notice": "0s"}) as fleet:
    world.register(fleet.registry, "main", "a")
    fleet.settle()
    gateway = fleet.gateway
    readers = [
        subprocess.Popen(
            gateway.host.namespace.command(
                "curl", "-sSN", "--max-time", "60",
                f"http://{gateway.admin_address}/api/v1/events"),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(5)]
    try:
      for reader in readers:
        assert reader.stdout.readline() == b": events\n"
      started = time.monotonic()
      gateway.terminate()
      gateway.wait(_PATIENCE)
      assert time.monotonic() - started < 3, "the end of a gateway"
      for reader in readers:
        reader.wait(_PATIENCE)
    finally:
      for reader in readers:
        reader.kill()
        reader.wait()
        reader.stdout.close()


def _post(gateway, path):
  return gateway.admin(path, "-X", "POST")


def _states(gateway):
  status, body = gateway.admin("/api/v1/backends")
  assert status == 200, body
  return {one["backend"]["id"]: one["backend"]["state"]
          for one in json.loads(body)["backends"]}


def _events(gateway):
  _, body = gateway.admin("/api/v1/events?after=0", "--max-time", "0.5")
  return [json.loads(line.removeprefix("data: "))
          for line in body.splitlines() if line.startswith("data: ")]


ALL = [
    the_metrics_pass_promtool,
    alerts_and_charts_are_of_metrics_that_there_are,
    a_backend_is_drained_in_the_registry,
    a_session_is_traced_until_it_ends,
    who_follows_the_events_hears_of_a_session,
    a_gateway_with_readers_of_events_ends_at_once,
]
