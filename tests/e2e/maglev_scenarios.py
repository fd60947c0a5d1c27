"""Maglev: what two gateways agree on without a word between them."""

import collections

import control_world

_CLIENTS = 40
_BACKENDS = ("a", "b", "c", "d")


def two_gateways_send_a_client_to_one_backend(world):
  with world.fleet() as fleet, world.proxy(number=1) as second:
    gateways = (fleet.gateway, second)
    fleet.registry.set_farm("main", balance="BALANCE_MAGLEV", pin_ttl="0s")
    world.register(fleet.registry, "main", *_BACKENDS)
    fleet.registry.settle(*gateways)
    before = _both(world, gateways)
    spread = collections.Counter(before.values())
    assert set(spread) == set(_BACKENDS), spread

    fleet.registry.call("DrainBackend", id="d")
    fleet.registry.settle(*gateways)
    after = _both(world, gateways)
    moved = {address for address, name in before.items()
             if after[address] != name}
    gone = {address for address, name in before.items() if name == "d"}
    assert gone <= moved, "sessions on the drained one"
    # Its own clients, and few besides.
    assert len(moved - gone) <= _CLIENTS // 8, (
        f"{len(moved - gone)} clients of others moved")

    second.kill()
    second.start()
    fleet.registry.settle(*gateways)
    assert _both(world, gateways) == after


def _both(world, gateways):
  """{client address: backend}; AssertionError if the gateways differ."""
  found = {}
  for number in range(_CLIENTS):
    address = world.address(number)
    names = [world.meets(gateway, control_world.SAILOR, source=address)
             for gateway in gateways]
    assert len(set(names)) == 1, f"{address}: {names}"
    found[address] = names[0]
  return found


ALL = [two_gateways_send_a_client_to_one_backend]
