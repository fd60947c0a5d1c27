"""Backends that are alive but not well, and backends that die."""

import control_world
import moody_backend
import waiting

_FALL = 3
_RISE = 2


def hanging_list_is_found_and_its_end_too(world):
  _is_found_and_its_end_too(world, moody_backend.HANGS_AT_LIST, "list")


def silence_after_accept_is_found_and_its_end_too(world):
  _is_found_and_its_end_too(world, moody_backend.SILENT, "connect")


def _is_found_and_its_end_too(world, mood, noticed_at):
  moody = world.backends["moody"]
  with world.fleet() as fleet:
    _farm(world, fleet, kind="KIND_LIST", interval="1s", timeout="2s")
    _until_health(fleet, "HEALTH_HEALTHY")
    _meets(world, fleet, {"moody", "left"})
    try:
      moody.become(mood)
      _until_health(fleet, "HEALTH_UNHEALTHY")
      bad = moody.count(noticed_at)
      assert bad >= _FALL, f"{bad} bad probes were enough, not {_FALL}"
      record = fleet.registry.backends()["moody"]
      assert record["load"].get("trouble"), f"it is not said why: {record}"
      print(f"{mood}: {record['load']['trouble']}", flush=True)
      for number in range(12):
        name = world.meets(fleet.gateway, control_world.ANONYMOUS,
                           source=world.address(number))
        assert name == "left", f"a new session met {name}"
    finally:
      moody.become(moody_backend.WELL)
    _until_health(fleet, "HEALTH_HEALTHY")
    good = moody.count("list")
    assert good >= _RISE, f"{good} good probes were enough, not {_RISE}"
    _meets(world, fleet, {"moody", "left"})


def one_bad_probe_is_not_enough(world):
  moody = world.backends["moody"]
  with world.fleet() as fleet:
    _farm(world, fleet, kind="KIND_LIST", interval="2s", timeout="2s")
    _until_health(fleet, "HEALTH_HEALTHY")
    try:
      moody.become(moody_backend.HANGS_AT_LIST)
      waiting.until(lambda: moody.count("list") == 1, "a bad probe")
    finally:
      moody.become(moody_backend.WELL)
    waiting.until(lambda: moody.count("list") >= 2, "two good probes")
    load = fleet.registry.backends()["moody"].get("load")
    assert load and load["health"] == "HEALTH_HEALTHY", (
        f"{load}\n{fleet.registry.gateways()}\n{fleet.gateway.log()}")


def probe_with_a_wrong_password_finds_it(world):
  with world.fleet() as fleet:
    wrong = world.hosts.work / "wrong-password"
    wrong.write_text("wrong\n")
    _farm(world, fleet, wrong, kind="KIND_LOGIN", interval="1s", timeout="8s")
    _until_health(fleet, "HEALTH_UNHEALTHY")
    trouble = fleet.registry.backends()["moody"]["load"].get("trouble", "")
    assert "530" in trouble, trouble
    # vsftpd's anonymous user takes every password.
    load = fleet.registry.backends()["left"]["load"]
    assert load["health"] == "HEALTH_HEALTHY", load


def dead_backend_is_ejected_without_a_probe_and_comes_back(world):
  moody = world.backends["moody"]
  with world.fleet(probe_interval="0s") as fleet:
    fleet.registry.set_farm(
        "main", balance="BALANCE_ROUND_ROBIN", pin_ttl="0s",
        outlier_ejection={"connect_failures": 2, "base": "2s"})
    world.register(fleet.registry, "main", "moody", "left")
    fleet.settle()
    _meets(world, fleet, {"moody", "left"})
    moody.kill()
    try:
      waiting.until(lambda: _next_is(world, fleet, "left") and
                    fleet.gateway.metric("pinnace_backend_ejections_total"),
                    "the ejection of the dead one")
      fleet.registry.until(lambda: _failures(fleet) >= 2,
                           "a report of two failures")
    finally:
      moody.start()
      moody.wait_ready()
    _meets(world, fleet, {"moody", "left"})
    assert fleet.gateway.metric("pinnace_backend_ejections_total") >= 1


def last_backend_is_never_ejected(world):
  moody = world.backends["moody"]
  with world.fleet(probe_interval="0s") as fleet:
    fleet.registry.set_farm(
        "main", pin_ttl="0s",
        outlier_ejection={"connect_failures": 1, "base": "3600s",
                          "longest": "3600s", "most_percent": 100})
    world.register(fleet.registry, "main", "moody")
    fleet.settle()
    moody.kill()
    try:
      for _ in range(3):
        world.refused(fleet.gateway, control_world.ANONYMOUS)
    finally:
      moody.start()
      moody.wait_ready()
    assert _next_is(world, fleet, "moody")


def _failures(fleet):
  """As the gateway reported last."""
  load = fleet.registry.backends()["moody"].get("load", {})
  return int(load.get("connect_failures", 0))


def _farm(world, fleet, password_file=None, **check):
  if password_file is None:
    password_file = world.hosts.work / "probe-password"
    password_file.write_text(f"{control_world.ANONYMOUS.password}\n")
  fleet.registry.set_farm(
      "main", balance="BALANCE_ROUND_ROBIN", pin_ttl="0s",
      # Probes alone are to find what is wrong.
      outlier_ejection={"connect_failures": 100, "data_failures": 100},
      health_check={**check, "user": control_world.ANONYMOUS.user,
                    "password_file": str(password_file),
                    "rise": _RISE, "fall": _FALL})
  world.register(fleet.registry, "main", "moody", "left")
  fleet.settle()


def _until_health(fleet, health):
  def is_so():
    load = fleet.registry.backends()["moody"].get("load", {})
    return load.get("health") == health

  fleet.registry.until(is_so, f"moody to be {health}", 40)


def _next_is(world, fleet, name):
  return world.meets(fleet.gateway, control_world.ANONYMOUS) == name


def _meets(world, fleet, names):
  met = set()

  def all_met():
    met.add(world.meets(fleet.gateway, control_world.ANONYMOUS))
    return met == names

  waiting.until(all_met, f"sessions on {names}", 20)


ALL = [
    hanging_list_is_found_and_its_end_too,
    silence_after_accept_is_found_and_its_end_too,
    one_bad_probe_is_not_enough,
    probe_with_a_wrong_password_finds_it,
    dead_backend_is_ejected_without_a_probe_and_comes_back,
    last_backend_is_never_ejected,
]
