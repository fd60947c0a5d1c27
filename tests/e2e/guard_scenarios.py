"""Limits at the door, and bans: made by one gateway, known to all."""

import json
import re
import subprocess

import control_world
import doorway

_SAILOR = control_world.SAILOR
_BANNED = r"421 You are banned until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\."
_BANS = {"failed_logins": 3, "window": "1m", "base": "5m"}


def wrong_passwords_ban_a_client_on_every_gateway(world):
  with world.fleet(bans=_BANS) as fleet:
    with world.proxy(number=1, bans=_BANS) as other:
      gateways = (fleet.gateway, other)
      world.register(fleet.registry, "main", "a")
      for gateway in gateways:
        fleet.registry.settle(gateway)
      source = world.address(0)
      key = f"{source}/32"
      for _ in range(3):
        told = _curl(world, fleet.gateway, source, "wrong")
        assert "< 530" in told, told
      told = _curl(world, fleet.gateway, source, _SAILOR.password)
      assert re.search(f"< {_BANNED}", told), told

      fleet.registry.until(lambda: _is_banned(world, other, source),
                           "the other gateway to refuse the client")
      for gateway in gateways:
        assert list(_bans(gateway)) == [key], _bans(gateway)
        assert _bans(gateway)[key]["origin"] == "gateway-0"
      assert world.meets(fleet.gateway, _SAILOR, source=world.address(1))
      listed = json.loads(fleet.control_plane.ctl("ban", "list", "--json"))
      ban, = listed["bans"]
      assert ban["key"] == key and ban["reason"] == "3 failed logins", ban
      assert key in fleet.control_plane.ctl("ban", "list")

      fleet.control_plane.ctl("ban", "delete", key)
      for gateway in gateways:
        fleet.registry.until(lambda gateway=gateway: not _bans(gateway),
                             f"{gateway.name} to lift the ban")
        assert world.meets(gateway, _SAILOR, source=source)
      assert not json.loads(
          fleet.control_plane.ctl("ban", "list", "--json")).get("bans")


def operators_bans_outlive_a_control_plane(world):
  """What a gateway knows, a control plane that starts anew learns of it."""
  with world.fleet() as fleet:
    world.register(fleet.registry, "main", "a")
    fleet.settle()
    source = world.address(2)
    fleet.control_plane.ctl("ban", "add", source, "--duration", "1h",
                            "--reason", "scanner")
    fleet.registry.until(lambda: _is_banned(world, fleet.gateway, source),
                         "the gateway to refuse the client")
    fleet.control_plane.kill()
    fleet.control_plane.start()
    fleet.registry.until(
        lambda: f"{source}/32" in fleet.control_plane.ctl("ban", "list"),
        "the control plane to learn of the ban")
    # Lifted at a gateway, it is for all.
    status, _ = fleet.gateway.admin(f"/api/v1/bans/{source}", "-X", "DELETE")
    assert status == 200, status
    fleet.registry.until(
        lambda: source not in fleet.control_plane.ctl("ban", "list"),
        "the control plane to learn that it is lifted")
    assert world.meets(fleet.gateway, _SAILOR, source=source)


def three_thousand_too_many_are_told_so_at_once(world):
  with world.fleet(max_sessions=5000) as fleet:
    world.register(fleet.registry, "main", "a")
    fleet.settle()
    gateway = fleet.gateway
    answers = world.hosts.client.namespace.call(
        doorway.knock, gateway.host.ipv4, gateway.ports["main"], 8000)
    try:
      served = [one for one in answers if one.text.startswith("220 ")]
      refused = [one for one in answers if one.text ==
                 "421 Too many sessions, try again later.\r\n"]
      assert (len(served), len(refused)) == (5000, 3000), (
          f"{len(served)} served, {len(refused)} refused")
      slowest = max(one.seconds for one in refused)
      assert slowest < 1, f"a 421 took {slowest:.2f} s"
      assert gateway.metric("pinnace_sessions") == 5000
      for one in served[:: 500]:
        one.connection.settimeout(5)
        one.connection.sendall(b"NOOP\r\n")
        assert one.connection.recv(100).startswith(b"200 "), "a NOOP"
    finally:
      for one in answers:
        one.connection.close()
    fleet.registry.until(lambda: gateway.metric("pinnace_sessions") == 0,
                         "every session to be gone")
    assert world.meets(gateway, _SAILOR, source=world.address(0))


def _curl(world, gateway, source, password):
  """What curl saw of a listing, whatever came of it."""
  done = subprocess.run(
      world.hosts.client.namespace.command(
          "curl", "-sv", "--max-time", "10", "--interface", source,
          "-u", f"{_SAILOR.user}:{password}",
          f"ftp://{gateway.host.ipv4}:{gateway.ports['main']}/"),
      capture_output=True, text=True, timeout=20, check=False)
  return done.stderr


def _is_banned(world, gateway, source):
  return re.search(_BANNED, _curl(world, gateway, source, _SAILOR.password))


def _bans(gateway):
  """By key, as the gateway itself has them."""
  status, body = gateway.admin("/api/v1/bans")
  assert status == 200, body
  return {ban["key"]: ban for ban in json.loads(body)["bans"]}


ALL = [
    wrong_passwords_ban_a_client_on_every_gateway,
    operators_bans_outlive_a_control_plane,
    three_thousand_too_many_are_told_so_at_once,
]
