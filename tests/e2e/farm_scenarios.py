"""Backend choice: registered over gRPC, pinned by address, spread evenly."""

import collections

import backends
import session as sessions
import waiting
import world as worlds


def registered_backends_serve_and_spread(world):
  world.needs_gateway()
  with world.serve([_registered("round_robin")]) as server:
    _register(world, server, "left", "right")
    met = collections.Counter()
    for number in range(20):
      with world.session(server, source=world.address(number)) as session:
        met[session.whoami()] += 1
    # Each of the two workers takes its own turns.
    assert abs(met["left"] - met["right"]) <= 2, dict(met)
    assert met.total() == 20, dict(met)


def parallel_sessions_of_one_client_meet_one_backend(world):
  world.needs_gateway()
  with world.serve([_registered("round_robin")]) as server:
    _register(world, server, "left", "right")
    for number in range(4):
      address = world.address(number)
      opened = [world.session(server, source=address) for _ in range(6)]
      met = {session.whoami() for session in opened}
      assert len(met) == 1, f"{address} met {met}"
      assert len(worlds.sessions(server)) == 6
      for session in opened:
        session.quit()
      worlds.wait_for_no_session(server)


def unrenewed_registration_lapses(world):
  """A heartbeat is a repeated register; without it new logins go elsewhere."""
  world.needs_gateway()
  with world.serve([_registered("round_robin", pin_ttl="0s")]) as server:
    _register(world, server, "left", "right", ttl="2s")
    def right_alone():
      _register(world, server, "right", ttl="2s")
      met = set()
      try:
        for _ in range(4):
          with world.session(server) as session:
            met.add(session.whoami())
      except sessions.Refused:
        return False  # It lapses under a session of its own: 421.
      return met == {"right"}

    waiting.until(right_alone, "the lapse of left's registration", 15)


def drained_backend_gets_no_new_session(world):
  world.needs_gateway()
  with world.serve([_registered("round_robin", pin_ttl="0s")]) as server:
    _register(world, server, "left", "right")
    server.ctl("backend", "drain", "left")
    def right_alone():
      met = set()
      for _ in range(4):
        with world.session(server) as session:
          met.add(session.whoami())
      return met == {"right"}

    waiting.until(right_alone, "the drain of left")


def _registered(balance, **more):
  return {"name": "main", "balance": balance, "backends": [], **more}


def _register(world, server, *names, ttl="60s"):
  for name in names:
    address = f"{world.backends[name].host.ipv4}:{backends.PORT}"
    server.ctl("backend", "register", "--farm", "main", "--id", name,
               "--address", address, "--ttl", ttl)
  waiting.until(lambda: _can_log_in(world, server),
                "a registered backend to serve")


def _can_log_in(world, server):
  try:
    world.session(server, source=world.address(199)).quit()
    return True
  except (AssertionError, OSError):
    return False


ALL = [
    registered_backends_serve_and_spread,
    parallel_sessions_of_one_client_meet_one_backend,
    unrenewed_registration_lapses,
    drained_backend_gets_no_new_session,
]
