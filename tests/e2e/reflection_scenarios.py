"""A client in another language, which has no .proto file of ours."""



def client_of_reflection_alone_runs_a_backends_life(world):
  with world.control_plane() as control_plane:
    with world.registry(control_plane) as client:
      for name in ("pinnace.v1.Registry", "pinnace.v1.Discovery",
                   "pinnace.v1.Sessions", "grpc.health.v1.Health"):
        assert name in client.services(), client.services()
      health = client.call("grpc.health.v1.Health/Check")
      assert health.get("status") == "SERVING", health
      _run_a_backends_life(client, world.address_of("a"))
      _meet_refusals(client)


def _run_a_backends_life(client, address):
  made = client.register("main", "a", address, ttl="3s", weight=3, zone="east",
                         labels={"rack": "7"})
  assert made["farm"] == "main" and made["ttl"] == "3s", made
  again = client.register("main", "a", address, ttl="3s", weight=3,
                          zone="east", labels={"rack": "7"})
  assert again["version"] == made["version"], (made, again)

  # Alive for longer than its TTL.
  beats = 0
  first = made["expires"]

  def renewed():
    nonlocal beats
    beats += 1
    record = client.call("Heartbeat", id="a")
    return _seconds(record["expires"]) - _seconds(first) > 3.5

  client.until(renewed, "heartbeats to outlive the TTL")
  assert beats > 1
  listed = client.backends("main")
  assert list(listed) == ["a"], listed
  assert listed["a"]["backend"]["labels"] == {"rack": "7"}, listed

  drained = client.call("DrainBackend", id="a",
                        expected_version=listed["a"]["version"])
  assert drained["backend"]["state"] == "STATE_DRAINING", drained
  resumed = client.call("ResumeBackend", id="a")
  assert resumed["backend"].get("state") != "STATE_DRAINING", resumed
  client.call("DrainBackend", id="a")
  client.call("DeregisterBackend", id="a")
  assert not client.backends(), client.backends()


def _seconds(timestamp):
  """Within one day."""
  hours, minutes, seconds = timestamp.rstrip("Z").split("T")[1].split(":")
  return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _meet_refusals(client):
  """Codes that another language can act on; messages that name the field."""
  _refused(client, "NOT_FOUND", "id", "Heartbeat", id="nobody")
  _refused(client, "INVALID_ARGUMENT", "address", "RegisterBackend",
           farm="main", backend={"id": "b", "address": "no port"})
  client.register("main", "b", "10.77.3.250:21")
  _refused(client, "ABORTED", "expected_version", "DrainBackend", id="b",
           expected_version=999999)
  client.call("DeregisterBackend", id="b")


def _refused(client, code, word, method, **request):
  refusal = client.refusal(method, **request)
  assert refusal.code == code and word in refusal.message, refusal


ALL = [client_of_reflection_alone_runs_a_backends_life]
