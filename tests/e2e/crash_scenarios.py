"""The control plane dies by SIGKILL in the middle of writes."""

import contextlib
import os
import random
import subprocess
import threading
import time

import writer

_WRITES = 200
_KILLS = 20
_WRITERS = 4  # The last one is `pinnace ctl`.


def killed_control_plane_loses_no_acknowledged_write(world):
  seed = int(os.environ.get("PINNACE_SEED") or random.randrange(10**6))
  print(f"seed of the kills: PINNACE_SEED={seed}", flush=True)
  with contextlib.ExitStack() as stack:
    control_plane = stack.enter_context(world.control_plane())
    clients = [stack.enter_context(world.registry(control_plane))
               for _ in range(_WRITERS)]
    writers = [writer.Writer(f"w{number}", seed + number, client)
               for number, client in enumerate(clients[:-1])]
    writers.append(writer.Writer(
        "ctl", seed + _WRITERS, clients[-1],
        lambda *arguments: _ctl(control_plane, arguments)))
    try:
      _storm(random.Random(seed), control_plane, writers)
      for one in writers:
        one.compare()
      _is_consistent(clients[0], writers)
      _audit_has_every_write(clients[0], writers)
    except AssertionError as failure:
      raise AssertionError(f"PINNACE_SEED={seed}: {failure}") from failure


def _ctl(control_plane, arguments):
  return subprocess.run(control_plane.command(*arguments), text=True,
                        capture_output=True, timeout=20, check=False)


def _storm(chance, control_plane, writers):
  """_WRITES writes by all writers, and _KILLS kills while they write."""
  lock = threading.Condition()
  state = {"left": _WRITES, "kills": 0, "failures": []}

  def take():
    """The number of kills so far; None when all is written."""
    with lock:
      if not state["left"] or state["failures"]:
        return None
      state["left"] -= 1
      lock.notify_all()
      return state["kills"]

  def write(one):
    seen = 0
    try:
      one.begin()
      while (kills := take()) is not None:
        if kills != seen:
          one.compare()
          seen = kills
        one.write_something()
    except Exception as failure:  # pylint: disable=broad-except
      with lock:
        state["failures"].append(f"{one.name}: {failure!r}")
        lock.notify_all()

  threads = [threading.Thread(target=write, args=(one,), daemon=True)
             for one in writers]
  for thread in threads:
    thread.start()
  for kill in range(_KILLS):
    # At a random write of each tenth, and at a random moment of it.
    due = _WRITES - _WRITES // _KILLS * kill - chance.randrange(
        1, _WRITES // _KILLS)
    with lock:
      lock.wait_for(lambda: state["left"] <= due or state["failures"], 30)
      if state["failures"]:
        break
    time.sleep(chance.random() * 0.01)
    control_plane.kill()
    with lock:
      state["kills"] += 1
    control_plane.start()
  for thread in threads:
    thread.join(60)
  assert not state["failures"], "\n".join(state["failures"])
  assert not any(thread.is_alive() for thread in threads), "a writer hangs"
  assert state["kills"] == _KILLS, state


def _is_consistent(client, writers):
  """No half of a write: what one record names is there, versions grow."""
  snapshot = client.call("GetSnapshot")
  farms = {farm["name"]: farm for farm in snapshot["farms"]}
  for record in client.backends().values():
    assert record["farm"] in farms, f"{record} has no farm"
    ids = [one["id"] for one in farms[record["farm"]].get("backends", [])]
    assert record["backend"]["id"] in ids, f"not in the snapshot: {record}"
  for route in snapshot.get("routes", []):
    assert route["farm"] in farms, f"{route} leads nowhere"
  newest = max(one.newest_version for one in writers)
  assert int(snapshot["version"]) >= newest, (
      f"version {newest} was acknowledged, now it is {snapshot['version']}")
  unanswered = sum(sum(one.unanswered.values()) for one in writers)
  acknowledged = sum(sum(one.acknowledged.values()) for one in writers)
  print(f"{acknowledged} writes acknowledged, {unanswered} not answered",
        flush=True)
  assert unanswered, "no kill met a write"


def _audit_has_every_write(client, writers):
  written = {}
  entries = client.call("ReadAudit", limit=1000).get("entries", [])
  for entry in entries:
    key = (entry["method"], entry["subject"])
    written[key] = written.get(key, 0) + 1
  for one in writers:
    for key, count in one.acknowledged.items():
      found = written.get(key, 0)
      assert count <= found <= count + one.unanswered[key], (
          f"{key}: {count} acknowledged, {one.unanswered[key]} not answered, "
          f"{found} in the audit")


ALL = [killed_control_plane_loses_no_acknowledged_write]
