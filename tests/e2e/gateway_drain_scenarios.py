"""A gateway leaves: balancers are told first, and nothing in flight is cut."""

import time

import control_world
import running_transfers
import session as sessions
import waiting

_NOTICE_SECONDS = 3


def sigterm_drains_the_gateway(world):
  _drains(world, lambda gateway: gateway.terminate())


def post_drains_the_gateway(world):
  _drains(world, _post)


def sigterm_behind_a_post_cuts_nothing(world):
  def ask(gateway):
    _post(gateway)
    gateway.terminate()

  _drains(world, ask)


def _post(gateway):
  status, body = gateway.admin("/api/v1/drain", "-X", "POST", "-d", "")
  assert status in (200, 202, 204), f"POST /api/v1/drain: {status} {body}"


def _drains(world, ask):
  timeouts = {"drain_notice": f"{_NOTICE_SECONDS}s", "drain": "60s"}
  with world.fleet(timeouts=timeouts) as fleet:
    gateway = fleet.gateway
    world.register(fleet.registry, "main", "left")
    fleet.settle()
    waiting.until(lambda: gateway.admin("/readyz")[0] == 200, "readiness")
    world.narrow_the_wire()
    transfers = running_transfers.Transfers(
        world, lambda number: _login(world, fleet, number), 6,
        "/w/leaving")
    idle = _login(world, fleet, 10)

    ask(gateway)
    asked = time.monotonic()
    _noticed_first(world, fleet, asked)
    assert fleet.registry.gateways()["gateway-0"].get("draining"), (
        "the control plane has not heard of it")
    _then_refuses(world, fleet, asked)
    reply = idle.reply(timeout=10)
    assert reply.startswith("421"), f"an idle session is told {reply!r}"
    transfers.all_run()
    transfers.all_complete(30, world.backends["left"])
    code = gateway.wait(10)
    assert code == 0, f"exit code {code}:\n{gateway.log()}"
    words = transfers.last_words(5)
    assert all(word.startswith("421") for word in words), words


def _noticed_first(world, fleet, asked):
  """/readyz says no at once; sessions are served for the whole notice."""
  waiting.until(lambda: fleet.gateway.admin("/readyz")[0] == 503,
                "/readyz to say no", 2)
  served = 0
  while time.monotonic() - asked < _NOTICE_SECONDS - 0.7:
    with _login(world, fleet, 20 + served) as session:
      assert session.whoami() == "left"
      session.quit()
    assert fleet.gateway.admin("/readyz")[0] == 503
    assert fleet.gateway.admin("/healthz")[0] == 200
    served += 1
    time.sleep(0.1)
  assert served, "no session within the notice"


def _then_refuses(world, fleet, asked):
  def refused():
    try:
      _login(world, fleet, 20).quit()
      return False
    except ConnectionRefusedError:
      return True
    except sessions.Refused as refusal:
      assert "got '421" in str(refusal), refusal
      return True

  waiting.until(refused, "new sessions to be refused", 5)
  lasted = time.monotonic() - asked
  assert lasted > _NOTICE_SECONDS - 0.5, f"refused after {lasted:.1f} s"


def draining_gateway_cuts_at_its_deadline_and_not_before(world):
  timeouts = {"drain_notice": "1s", "drain": "3s"}
  with world.fleet(timeouts=timeouts) as fleet:
    world.register(fleet.registry, "main", "left")
    fleet.settle()
    session = _login(world, fleet, 0)
    with session.transfer("EPSV", "RETR /data/big.bin") as data:
      data.recv(1)
      fleet.gateway.terminate()
      asked = time.monotonic()
      reply = session.reply(timeout=15)
      lasted = time.monotonic() - asked
      assert reply.startswith(("426", "421", "451", "")), reply
      # `drain` counts from the end of the notice, or from its start.
      assert 2.5 < lasted < 6, f"cut after {lasted:.1f} s"
    code = fleet.gateway.wait(10)
    assert code == 0, f"exit code {code}"


def _login(world, fleet, number):
  return world.login(fleet.gateway, control_world.ANONYMOUS,
                     source=world.address(number))


ALL = [
    sigterm_drains_the_gateway,
    post_drains_the_gateway,
    sigterm_behind_a_post_cuts_nothing,
    draining_gateway_cuts_at_its_deadline_and_not_before,
]
