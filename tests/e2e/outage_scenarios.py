"""The control plane is away for a minute, and the gateway starts without it."""

import hashlib
import time

import content
import control_world
import waiting

_OUTAGE_SECONDS = 60
_RESTART_AFTER_SECONDS = 10
_BACK_WITHIN_SECONDS = 15  # The gateway looks for its control plane again.


def outage_of_the_control_plane_stops_no_transfer(world):
  kept = world.hosts.work / "kept-snapshot"
  with world.fleet(snapshot_file=str(kept)) as fleet:
    # No pins: every address is to meet both.
    fleet.registry.set_farm("main", balance="BALANCE_ROUND_ROBIN",
                            pin_ttl="0s")
    world.register(fleet.registry, "main", "left", "right")
    fleet.settle()
    _transfers(world, fleet.gateway, 0)
    fleet.control_plane.kill()
    away = time.monotonic()

    def past(seconds):
      return time.monotonic() - away >= seconds

    rounds = _keep_transferring(world, fleet.gateway,
                                lambda: past(_RESTART_AFTER_SECONDS))
    _restart(fleet.gateway)
    rounds += _keep_transferring(world, fleet.gateway,
                                 lambda: past(_OUTAGE_SECONDS))
    assert rounds >= 20, f"only {rounds} rounds in {_OUTAGE_SECONDS} s"
    _change_arrives(world, fleet)


def _restart(gateway):
  gateway.terminate()
  code = gateway.wait(15)
  assert code == 0, f"exit code {code}"
  gateway.start()


def _keep_transferring(world, gateway, over):
  rounds = 0
  while not over():
    rounds += 1
    _transfers(world, gateway, rounds)
    time.sleep(0.2)  # The pace, not a wait.
  return rounds


def _transfers(world, gateway, number):
  """One upload, one download of it and one of a file that is there."""
  verb = ("PASV", "EPSV", "PORT", "EPRT")[number % 4]
  with world.login(gateway, control_world.ANONYMOUS,
                   source=world.address(number % 100)) as session:
    payload = content.make(f"outage {number}", content.MIB)
    session.upload("STOR /w/outage", payload, verb)
    assert session.download("RETR /w/outage", verb) == payload
    session.command("DELE /w/outage", "250")
    four = session.download("RETR /data/four.bin", verb)
    assert (hashlib.sha256(four).digest() ==
            hashlib.sha256(world.four_mib).digest()), "the file differs"
    session.quit()


def _change_arrives(world, fleet):
  fleet.control_plane.start()
  back = time.monotonic()
  fleet.registry.call("DrainBackend", id="left")
  fleet.registry.settle(fleet.gateway, seconds=_BACK_WITHIN_SECONDS)
  print(f"the gateway was back {time.monotonic() - back:.1f} s after the "
        "control plane", flush=True)
  for number in range(6):
    name = world.meets(fleet.gateway, control_world.ANONYMOUS,
                       source=world.address(number))
    assert name == "right", f"a session met {name}, which is drained"
  fleet.registry.call("ResumeBackend", id="left")
  fleet.settle()

  def met_left():
    return world.meets(fleet.gateway, control_world.ANONYMOUS) == "left"

  waiting.until(met_left, "a session on left again")


ALL = [outage_of_the_control_plane_stops_no_transfer]
