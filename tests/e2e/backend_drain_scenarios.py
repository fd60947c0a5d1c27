"""A backend leaves while it works: nothing in flight is cut."""

import contextlib
import signal
import subprocess
import time

import control_world
import running_transfers

_GRACE_SECONDS = 2
_TTL_SECONDS = 2


def held_backend_that_is_stopped_finishes_twenty_transfers(world):
  """SIGTERM to `ctl backend register --hold`, the sidecar's whole life."""
  with world.fleet() as fleet:
    _farm(fleet, grace=f"{_GRACE_SECONDS}s", deadline="120s")
    with _held(world, fleet, "left", "60s") as holder:
      transfers = _twenty_on(world, fleet, "left")
      idle = [_login(world, fleet, 30 + number) for number in range(2)]
      world.register(fleet.registry, "main", "right")
      fleet.settle()

      stopped = time.monotonic()
      holder.send_signal(signal.SIGTERM)
      fleet.registry.until(lambda: _state(fleet, "left") == "STATE_DRAINING",
                           "the holder to drain its backend", 10)
      fleet.settle()
      _only_right_is_met(world, fleet)
      _told_421_after_the_grace(idle, stopped)
      transfers.all_run()
      assert holder.poll() is None, "it did not wait for its sessions"
      transfers.all_complete(30, world.backends["left"])

      words = transfers.last_words(10)
      assert all(word.startswith("421") for word in words), words
      transfers.close()
      code = holder.wait(10)
      assert code == 0, f"the holder's exit code is {code}"
      assert set(fleet.registry.backends()) == {"right"}
      _only_right_is_met(world, fleet)


def backend_whose_ttl_ran_out_ends_its_transfers_first(world):
  with world.fleet() as fleet:
    _farm(fleet, grace="20s", deadline="120s")
    with _held(world, fleet, "left", f"{_TTL_SECONDS}s") as holder:
      transfers = _twenty_on(world, fleet, "left")
      idle = _login(world, fleet, 30)
      world.register(fleet.registry, "main", "right")
      fleet.settle()
      holder.kill()
      killed = time.monotonic()
      fleet.registry.until(
          lambda: set(fleet.registry.backends()) == {"right"},
          "the end of the lease")
      lasted = time.monotonic() - killed
      assert 0.5 < lasted < _TTL_SECONDS + 2, f"gone after {lasted:.1f} s"
      fleet.settle()
      # Gone is without a grace.
      reply = idle.reply(timeout=5)
      assert reply.startswith("421"), f"an idle session is told {reply!r}"
      _only_right_is_met(world, fleet)
      transfers.all_run()
      transfers.all_complete(30, world.backends["left"])
      words = transfers.last_words(10)
      assert all(word.startswith("421") for word in words), words
      transfers.close()


def drained_backend_cuts_at_its_deadline_and_not_before(world):
  deadline = 4
  with world.fleet() as fleet:
    _farm(fleet, grace="1s", deadline=f"{deadline}s")
    world.register(fleet.registry, "main", "left")
    fleet.settle()
    with _login(world, fleet, 0) as session:
      with session.transfer("EPSV", "RETR /data/big.bin") as data:
        data.recv(1)
        fleet.registry.call("DrainBackend", id="left")
        drained = time.monotonic()
        reply = session.reply(timeout=deadline + 10)
        lasted = time.monotonic() - drained
        assert reply.startswith(("426", "421", "451")), reply
        assert deadline - 0.5 < lasted < deadline + 3, (
            f"cut after {lasted:.1f} s")


def resumed_backend_keeps_its_sessions(world):
  with world.fleet() as fleet:
    _farm(fleet, grace="3s", deadline="20s")
    world.register(fleet.registry, "main", "left")
    fleet.settle()
    with _login(world, fleet, 0) as session:
      fleet.registry.call("DrainBackend", id="left")
      fleet.settle()
      world.refused(fleet.gateway, control_world.ANONYMOUS)
      fleet.registry.call("ResumeBackend", id="left")
      fleet.settle()
      resumed = time.monotonic()
      while time.monotonic() - resumed < 4:  # Past the grace.
        session.command("NOOP", "200")
        time.sleep(0.2)
      assert world.meets(fleet.gateway, control_world.ANONYMOUS) == "left"


def _farm(fleet, grace, deadline):
  fleet.registry.set_farm("main", balance="BALANCE_ROUND_ROBIN", pin_ttl="0s",
                          drain={"grace": grace, "deadline": deadline})


def _login(world, fleet, number):
  return world.login(fleet.gateway, control_world.ANONYMOUS,
                     source=world.address(number))


@contextlib.contextmanager
def _held(world, fleet, name, ttl):
  """`pinnace ctl backend register --hold`, registered."""
  holder = subprocess.Popen(
      fleet.control_plane.command(
          "backend", "register", "--farm", "main", "--id", name, "--address",
          world.address_of(name), "--ttl", ttl, "--hold"),
      stdout=subprocess.DEVNULL)
  try:
    fleet.registry.until(lambda: name in fleet.registry.backends(),
                         "the registration")
    fleet.settle()
    yield holder
  finally:
    holder.kill()
    holder.wait()


def _twenty_on(world, fleet, name):
  world.narrow_the_wire()
  transfers = running_transfers.Transfers(
      world, lambda number: _login(world, fleet, number), 20)
  sessions = fleet.registry.sessions(backend=name)
  assert len(sessions) == 20, f"{len(sessions)} of 20 sessions are on {name}"
  return transfers


def _state(fleet, name):
  there = fleet.registry.backends()
  assert name in there, f"{name} is gone before its sessions are"
  return there[name]["backend"].get("state")


def _only_right_is_met(world, fleet):
  for number in range(40, 50):
    with _login(world, fleet, number) as session:
      name = world.met(session)
      assert name == "right", f"a new session met {name}"
      session.quit()


def _told_421_after_the_grace(idle, stopped):
  for session in idle:
    reply = session.reply(timeout=_GRACE_SECONDS + 5)
    lasted = time.monotonic() - stopped
    assert reply.startswith("421"), f"an idle session is told {reply!r}"
    assert lasted > _GRACE_SECONDS - 0.3, f"told after {lasted:.1f} s"
    session.close()


ALL = [
    held_backend_that_is_stopped_finishes_twenty_transfers,
    backend_whose_ttl_ran_out_ends_its_transfers_first,
    drained_backend_cuts_at_its_deadline_and_not_before,
    resumed_backend_keeps_its_sessions,
]
