"""A handful of public ports, shared by any number of clients."""

import socket

import content
import crowd
import world as worlds


def two_hundred_clients_share_one_port(world):
  """200 addresses, each storing and fetching a file of its own at once."""
  farm = world.farm("main", "left", "right")
  with world.serve([farm], public_ports=["50000-50000"]) as server:

    def prepare(number):
      return world.session(server, source=world.address(number))

    def act(number, session):
      verb = "PASV" if number % 2 else "EPSV"
      payload = content.make(f"two hundred {number}", 256 * content.KIB)
      name = f"/w/two-hundred-{number}"
      session.upload(f"STOR {name}", payload, verb)
      received = session.download(f"RETR {name}", verb)
      assert received == payload, "another file came back"
      session.command(f"DELE {name}", "250")
      session.quit()

    crowd.together(200, prepare, act)
    if not world.direct:
      worlds.wait_for_no_session(server)


def fifty_transfers_of_one_client_through_four_ports(world):
  """None fails for want of a port, and none gets another's file."""
  farm = world.farm("main", "left", "right")
  with world.serve([farm], public_ports=["50000-50003"]) as server:
    payloads = [content.make(f"fifty {number}", content.MIB)
                for number in range(50)]
    for name in ("left", "right"):
      for number, payload in enumerate(payloads):
        path = world.backends[name].root / "w" / f"fifty-{number}"
        path.write_bytes(payload)
        path.chmod(0o644)

    def act(number, session):
      verb = "PASV" if number % 2 else "EPSV"
      received = session.download(f"RETR /w/fifty-{number}", verb)
      assert received == payloads[number], "another file came"
      session.quit()

    crowd.together(50, lambda _: world.session(server), act)


def stranger_is_reset_and_owner_served(world):
  """A connection without a lease is reset and costs the owner nothing."""
  world.needs_gateway()
  farm = world.farm("main", "left")
  with world.serve([farm], public_ports=["50000-50000"]) as server:
    session = world.session(server)
    for verb in ("PASV", "EPSV"):
      where = session.passive(verb)
      for _ in range(20):
        world.hosts.stranger.namespace.call(_must_be_reset, where)
      with session.dial(where) as data:
        session.command("RETR /data/medium.bin", "150", "125")
        received = b""
        while chunk := data.recv(1 << 18):
          received += chunk
      session.want("226")
      assert content.bytes_checksum(received) == world.fixtures.medium.sha256
      _must_be_reset(where)  # The owner too, now that the lease is used up.
    session.quit()


def _must_be_reset(where):
  try:
    with socket.create_connection(where, timeout=5) as data:
      got = data.recv(1)
  except ConnectionResetError:
    return
  raise AssertionError(f"no reset but {got!r}")


ALL = [
    two_hundred_clients_share_one_port,
    fifty_transfers_of_one_client_through_four_ports,
    stranger_is_reset_and_owner_served,
]
