"""Two sessions of one client that log in at one moment share a backend."""

import collections
import functools

import control_world
import crew_backend

_ROUNDS = 100
_BACKENDS = ("a", "b", "c", "d")
_BALANCES = ("round_robin", "least_sessions", "weighted", "p2c", "maglev")


def _share(world, balance, pin_by):
  """A round is a client that nobody knows yet."""
  with world.fleet() as fleet:
    fleet.registry.set_farm(
        "main", balance=f"BALANCE_{balance.upper()}", pin_ttl="60s",
        pin_by=f"CLIENT_IDENTITY_{pin_by.upper()}")
    world.register(fleet.registry, "main", *_BACKENDS)
    fleet.settle()
    apart, met = [], collections.Counter()
    for number in range(_ROUNDS):
      if pin_by == "user":
        account = control_world.Account(crew_backend.USERS[number])
        sources = (world.address(0), world.address(1))
      else:
        account = control_world.SAILOR
        sources = (world.address(number),) * 2
      names = _two_at_once(world, fleet.gateway, account, sources)
      met.update(names)
      if len(set(names)) != 1:
        apart.append(f"round {number}: {names}")
    assert not apart, f"{len(apart)} of {_ROUNDS} rounds: {apart[:10]}"
    # Sharing is not: everybody on one.
    if not (balance == "maglev" and pin_by == "user"):
      assert len(met) == len(_BACKENDS), met


def _two_at_once(world, gateway, account, sources):
  pair = [world.connect(gateway, source=source) for source in sources]
  try:
    for one in pair:
      one.send(f"USER {account.user}")
    for one in pair:
      one.want("331")
    for one in pair:
      one.send(f"PASS {account.password}")
    for one in pair:
      one.want("230")
      one.command("TYPE I", "200")
    return [world.met(one) for one in pair]
  finally:
    for one in pair:
      one.close()


def _scenario(balance, pin_by):
  run = functools.partial(_share, balance=balance, pin_by=pin_by)
  run.__name__ = f"two_sessions_of_one_{pin_by}_share_a_backend_{balance}"
  return run


BY_ADDRESS = [_scenario(balance, "address") for balance in _BALANCES]
BY_USER = [_scenario(balance, "user") for balance in _BALANCES]
