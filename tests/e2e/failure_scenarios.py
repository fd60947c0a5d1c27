"""A backend that dies, and sessions that are slow or idle."""

import time

import content
import waiting

_GONE = ("426", "451", "421")


def backend_killed_in_mid_download(world):
  _kill_in_mid_transfer(world, _stalled_download)


def backend_killed_in_mid_upload(world):
  _kill_in_mid_transfer(world, _stalled_upload)


def _kill_in_mid_transfer(world, start):
  """Its client hears of it within a second; others do not notice."""
  world.needs_gateway()
  farm = world.farm("main", "left", "right", balance="round_robin")
  left = world.backends["left"]
  with world.serve([farm]) as server:
    pair = _one_session_on_each(world, server)
    victim_data = start(pair["left"])
    other_data = _stalled_download(pair["right"])
    try:
      left.kill()
      killed = time.monotonic()
      reply = pair["left"].reply(timeout=5)
      seconds = time.monotonic() - killed
      assert reply.startswith(_GONE), f"the client was told {reply!r}"
      assert seconds < 1, f"the client was told after {seconds:.2f} s"
      rest = 0
      while chunk := other_data.recv(1 << 18):
        rest += len(chunk)
      assert rest + 1 == content.BIG, f"the other one got {rest + 1} bytes"
      pair["right"].want("226")
      pair["right"].command("NOOP", "200")
      for number in range(20, 26):
        with world.session(server, source=world.address(number)) as newcomer:
          assert newcomer.whoami() == "right"
    finally:
      victim_data.close()
      other_data.close()
      left.start()
      left.wait_ready()


def killed_backend_comes_back(world):
  world.needs_gateway()
  # No pins: one address is to meet both.
  farm = world.farm("main", "left", "right", balance="round_robin",
                    pin_ttl="0s")
  left = world.backends["left"]
  with world.serve([farm], probe_interval="1s") as server:
    left.kill()
    for _ in range(4):
      with world.session(server) as newcomer:
        assert newcomer.whoami() == "right"
    left.start()
    left.wait_ready()

    def on_left():
      with world.session(server) as newcomer:
        return newcomer.whoami() == "left"

    waiting.until(on_left, "a session on the backend that is back", 20)


def idle_control_connection_outlives_a_slow_transfer(world):
  """RFC 1123 4.1.3.2: no idle time-out while data moves; without it, 421."""
  farm = world.farm("main", "left")
  with world.serve([farm], timeouts={"idle": "1s"}) as server:
    session = world.session(server)
    with session.transfer("EPSV", "RETR /data/big.bin") as data:
      data.settimeout(10)
      end = time.monotonic() + 2.5
      received = 0
      while time.monotonic() < end:  # The pace, not a wait.
        received += len(data.recv(4096))
        time.sleep(0.02)
      while chunk := data.recv(1 << 18):
        received += len(chunk)
    session.want("226")
    assert received == content.BIG, f"{received} bytes"
    session.command("NOOP", "200")
    if world.direct:
      return
    started = time.monotonic()
    reply = session.reply(timeout=10)
    assert reply.startswith("421"), f"idle, but told {reply!r}"
    assert time.monotonic() - started > 0.5, "too early"


def _one_session_on_each(world, server):
  """{backend name: session}; addresses are used up until both are met."""
  found = {}
  for number in range(40, 60):
    session = world.session(server, source=world.address(number))
    found.setdefault(session.whoami(), session)
    if len(found) == 2:
      return found
  raise AssertionError(f"all sessions went to {list(found)}")


def _stalled_download(session):
  data = session.transfer("PASV", "RETR /data/big.bin")
  data.settimeout(20)
  data.recv(1)
  return data


def _stalled_upload(session):
  data = session.transfer("EPSV", "STOR /w/never-whole")
  data.sendall(content.make("upload", content.MIB))
  return data


ALL = [
    backend_killed_in_mid_download,
    backend_killed_in_mid_upload,
    killed_backend_comes_back,
    idle_control_connection_outlives_a_slow_transfer,
]
