"""At USER: candidates that fail are none of the client's business."""

import contextlib
import socket
import time

import control_world

_CONNECT_SECONDS = 1
_BUDGET_SECONDS = 6


def third_candidate_serves_when_two_fail(world):
  """One refuses, one accepts and says nothing; the client sees 331, 230."""
  with world.fleet(probe_interval="0s") as fleet, _silent(world) as silent:
    _farm(fleet)
    world.register(fleet.registry, "main", "left")
    fleet.registry.register("main", "dead", _dead(world))
    fleet.registry.register("main", "silent", silent)
    fleet.settle()
    slowest = 0
    for number in range(8):
      started = time.monotonic()
      with world.connect(fleet.gateway, source=world.address(number)) as one:
        one.command("USER ftp", "331")
        slowest = max(slowest, time.monotonic() - started)
        one.command(f"PASS {control_world.ANONYMOUS.password}", "230")
        assert world.met(one) == "left"
        one.quit()
    assert slowest > _CONNECT_SECONDS * 0.8, "the silent one was never tried"
    assert slowest < _BUDGET_SECONDS, f"331 after {slowest:.1f} s"


def one_421_names_all_that_failed(world):
  with world.fleet(probe_interval="0s") as fleet, _silent(world) as silent:
    _farm(fleet)
    fleet.registry.register("main", "dead", _dead(world))
    fleet.registry.register("main", "silent", silent)
    fleet.settle()
    started = time.monotonic()
    reply = world.refused(fleet.gateway, control_world.ANONYMOUS)
    lasted = time.monotonic() - started
    print(f"all dead: {reply.strip()}", flush=True)
    assert "dead" in reply and "silent" in reply, reply
    assert lasted < _BUDGET_SECONDS, f"421 after {lasted:.1f} s"


def budget_ends_the_search(world):
  """Four silent ones would take longer than the farm allows."""
  with world.fleet(probe_interval="0s") as fleet, _silent(world) as silent:
    _farm(fleet, budget="2s")
    host, port = silent.split(":")
    for number in range(4):
      fleet.registry.register("main", f"silent{number}", f"{host}:{port}")
    fleet.settle()
    started = time.monotonic()
    world.refused(fleet.gateway, control_world.ANONYMOUS)
    lasted = time.monotonic() - started
    assert 1.5 < lasted < 3, f"421 after {lasted:.1f} s"


def _farm(fleet, budget=f"{_BUDGET_SECONDS}s"):
  fleet.registry.set_farm(
      "main", balance="BALANCE_ROUND_ROBIN", pin_ttl="0s",
      failover={"candidates": 4, "budget": budget},
      timeouts={"backend_connect": f"{_CONNECT_SECONDS}s"},
      # They are to fail again and again.
      outlier_ejection={"connect_failures": 100})


def _dead(world):
  """Nobody listens there."""
  return f"{world.backends['left'].host.ipv4}:4"


@contextlib.contextmanager
def _silent(world):
  """HOST:PORT where connections are accepted, by the kernel, and no more."""
  host = world.backends["left"].host

  def listen():
    return socket.create_server((host.ipv4, 0), backlog=64)

  with host.namespace.call(listen) as listener:
    yield f"{host.ipv4}:{listener.getsockname()[1]}"


ALL = [
    third_candidate_serves_when_two_fail,
    one_421_names_all_that_failed,
    budget_ends_the_search,
]
