"""Which farm a session goes to, and farms that are full."""

import contextlib

import control_world
import waiting

_SAILOR = control_world.SAILOR
_NORTH = control_world.Account("north-1")
_FARMS = ("main", "door")  # With a listener.


@contextlib.contextmanager
def _routed(world):
  """Farms main, north, south and west hold one backend each."""
  with world.fleet(_FARMS) as fleet:
    for farm, backend in (("main", "a"), ("north", "b"), ("south", "c"),
                          ("west", "d")):
      fleet.registry.set_farm(farm, pin_ttl="0s")
      world.register(fleet.registry, farm, backend)
    fleet.settle()
    yield fleet


def users_hosts_listeners_and_addresses_lead_to_farms(world):
  with _routed(world) as fleet:
    gateway, registry = fleet.gateway, fleet.registry
    listener = f"{gateway.host.ipv4}:{gateway.ports['door']}"
    registry.set_farm("door")
    registry.set_route("by-user", "north", order=10, user="north-*")
    registry.set_route("by-host", "south", order=20, host="*.South.example")
    registry.set_route("by-listener", "west", order=30, listener=listener)
    registry.set_route("by-address", "north", order=40,
                       client_cidr="10.77.2.128/25")
    fleet.settle()

    assert world.meets(gateway, _SAILOR, source=world.address(0)) == "a"
    assert world.meets(gateway, _NORTH, source=world.address(0)) == "b"
    assert world.meets(gateway, _SAILOR, "door") == "d"
    assert world.meets(gateway, _SAILOR, source="10.77.2.130") == "b"
    assert _by_host(world, gateway, "ftp.south.EXAMPLE") == "c"
    assert _by_host(world, gateway, "south.example") == "a"
    # The lowest order counts where several routes hold.
    assert world.meets(gateway, _NORTH, "door") == "b"
    assert world.meets(gateway, _SAILOR, "door", source="10.77.2.131") == "d"


def every_condition_of_a_route_must_hold(world):
  with _routed(world) as fleet:
    fleet.registry.set_route("both", "north", user="north-*",
                             client_cidr="10.77.2.128/25")
    fleet.settle()
    for account, source, wanted in ((_NORTH, "10.77.2.130", "b"),
                                    (_NORTH, "10.77.2.1", "a"),
                                    (_SAILOR, "10.77.2.130", "a")):
      met = world.meets(fleet.gateway, account, source=source)
      assert met == wanted, f"{account.user} from {source} met {met}"


def changed_route_counts_for_the_next_login(world):
  with _routed(world) as fleet:
    gateway = fleet.gateway
    for farm, backend in (("north", "b"), ("south", "c"), ("west", "d")):
      fleet.registry.set_route("moving", farm, user="north-*")
      fleet.settle()
      assert world.meets(gateway, _NORTH) == backend
    with world.login(gateway, _NORTH) as before:
      fleet.registry.call("DeleteRoute", name="moving")
      fleet.settle()
      assert world.meets(gateway, _NORTH) == "a"
      assert before.whoami() == "d", "a session moved"


def route_protects_its_farm(world):
  with _routed(world) as fleet:
    fleet.registry.set_farm("empty")
    fleet.registry.set_route("there", "empty", user="x")
    _refused(fleet, "FAILED_PRECONDITION", "DeleteFarm", name="empty")
    fleet.registry.call("DeleteRoute", name="there")
    fleet.registry.call("DeleteFarm", name="empty")
    _refused(fleet, "NOT_FOUND", "SetRoute",
             route={"name": "nowhere", "user": "x", "farm": "empty"})


def full_backend_leaves_sessions_to_the_other_then_421(world):
  """Sessions of both workers count together."""
  with world.fleet() as fleet:
    fleet.registry.set_farm("main", balance="BALANCE_WEIGHTED", pin_ttl="0s")
    world.register(fleet.registry, "main", "a", weight=1000, max_sessions=3)
    world.register(fleet.registry, "main", "b", weight=1, max_sessions=2)
    fleet.settle()
    with contextlib.ExitStack() as stack:
      opened = [stack.enter_context(
          world.login(fleet.gateway, _SAILOR, source=world.address(number)))
                for number in range(5)]
      met = sorted(world.met(one) for one in opened)
      assert met == ["a", "a", "a", "b", "b"], met
      reply = world.refused(fleet.gateway, _SAILOR)
      print(f"all full: {reply.strip()}", flush=True)
      assert len(reply.split()) > 3, f"no reason: {reply}"
      on_a = next(one for one in opened if world.met(one) == "a")
      on_a.quit()

      def met_a():
        with contextlib.suppress(AssertionError):
          return world.meets(fleet.gateway, _SAILOR) == "a"

      waiting.until(met_a, "a session in the place that is free")


def _by_host(world, gateway, host):
  with world.connect(gateway) as opened:
    opened.command(f"HOST {host}", "220")
    opened.login(_SAILOR)
    met = world.met(opened)
    opened.quit()
    return met


def _refused(fleet, code, method, **request):
  refusal = fleet.registry.refusal(method, **request)
  assert refusal.code == code, refusal


ALL = [
    users_hosts_listeners_and_addresses_lead_to_farms,
    every_condition_of_a_route_must_hold,
    changed_route_counts_for_the_next_login,
    route_protects_its_farm,
    full_backend_leaves_sessions_to_the_other_then_421,
]
