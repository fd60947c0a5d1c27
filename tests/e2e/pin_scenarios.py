"""Pins: looked at, deleted, made again, run out."""

import json
import time

import control_world

_SAILOR = control_world.SAILOR


def pins_are_listed_and_deleted(world):
  with world.fleet() as fleet:
    _farm(world, fleet, "60s")
    address = world.address(0)
    world.meets(fleet.gateway, _SAILOR, source=address)
    world.meets(fleet.gateway, _SAILOR, source=world.address(1))
    key = f"main/{address}"
    listed = json.loads(fleet.control_plane.ctl("pin", "list", "--json"))
    pins = {pin["key"]: pin for pin in listed["pins"]}
    assert set(pins) == {key, f"main/{world.address(1)}"}, pins
    assert pins[key]["client"] == address and pins[key]["expires"], pins
    assert key in fleet.control_plane.ctl("pin", "list")
    fleet.registry.until(
        lambda: int(fleet.registry.gateways()["gateway-0"].get("pins", 0)) == 2,
        "the gateway to report its pins")

    fleet.control_plane.ctl("pin", "delete", key)
    assert key not in fleet.registry.pins()
    again = fleet.registry.refusal("Sessions/DeletePin", key=key)
    assert again.code == "NOT_FOUND", again
    met = set()

    def both_met():
      met.add(world.meets(fleet.gateway, _SAILOR, source=address))
      fleet.control_plane.ctl("pin", "delete", key)
      return met == {"a", "b"}

    fleet.registry.until(
        both_met, "a client without its pin to meet another")


def pins_by_user_are_keyed_by_the_user(world):
  with world.fleet() as fleet:
    _farm(world, fleet, "60s", pin_by="CLIENT_IDENTITY_USER")
    met = {world.meets(fleet.gateway, _SAILOR, source=world.address(number))
           for number in range(6)}
    assert len(met) == 1, f"one user met {met}"
    pins = fleet.registry.pins()
    assert set(pins) == {"main/sailor"}, pins
    assert pins["main/sailor"]["user"] == "sailor", pins


def pin_is_made_again_when_its_backend_drains(world):
  with world.fleet() as fleet:
    _farm(world, fleet, "60s")
    address = world.address(0)
    first = world.meets(fleet.gateway, _SAILOR, source=address)
    before = fleet.gateway.metric("pinnace_pins_remade_total")
    fleet.registry.call("DrainBackend", id=first)
    fleet.settle()
    second = world.meets(fleet.gateway, _SAILOR, source=address)
    assert second != first, f"a new session on {first}, which is drained"
    assert fleet.registry.pins()[f"main/{address}"]["backend"] == second
    remade = fleet.gateway.metric("pinnace_pins_remade_total") - before
    assert remade == 1, f"{remade} pins were counted as made again"
    fleet.registry.call("ResumeBackend", id=first)
    fleet.settle()
    for _ in range(3):
      met = world.meets(fleet.gateway, _SAILOR, source=address)
      assert met == second, f"the new pin does not hold: {met}"


def pin_runs_out_after_the_last_session(world):
  with world.fleet() as fleet:
    _farm(world, fleet, "1s")
    with world.login(fleet.gateway, _SAILOR, source=world.address(0)) as one:
      name = world.met(one)
      for _ in range(8):  # Longer than the TTL.
        one.command("NOOP", "200")
        time.sleep(0.2)
      # It holds for as long as a session of it does.
      met = world.meets(fleet.gateway, _SAILOR, source=world.address(0))
      assert met == name, f"{name}, then {met}"
      one.quit()
    assert fleet.registry.pins()
    fleet.registry.until(lambda: not fleet.registry.pins(),
                         "the end of the pin", 5)


def _farm(world, fleet, pin_ttl, **more):
  fleet.registry.set_farm("main", balance="BALANCE_ROUND_ROBIN",
                          pin_ttl=pin_ttl, **more)
  world.register(fleet.registry, "main", "a", "b")
  fleet.settle()


ALL = [
    pins_are_listed_and_deleted,
    pins_by_user_are_keyed_by_the_user,
    pin_is_made_again_when_its_backend_drains,
    pin_runs_out_after_the_last_session,
]
