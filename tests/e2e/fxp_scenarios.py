"""FXP: another server in the client's place on a data connection."""

import contextlib
import socket
import subprocess

import control_world
import session

_SAILOR = control_world.SAILOR


@contextlib.contextmanager
def _fxp(world, peer=None, *flags):
  """Farm main, for that peer."""
  with world.fleet() as fleet:
    world.register(fleet.registry, "main", "a")
    if peer is not None:
      fleet.control_plane.ctl("farm", "set", "main", "--fxp-peer", peer, *flags)
    fleet.settle()
    yield fleet


def _port(address, port):
  return f"PORT {address.replace('.', ',')},{port // 256},{port % 256}"


def _dial_from(source, where):
  return socket.create_connection(where, timeout=session.TIMEOUT_SECONDS,
                                  source_address=(source, 0))


def _is_turned_away(source, where):
  """The RST may be there before connect() returns."""
  with contextlib.suppress(ConnectionResetError):
    with contextlib.closing(_dial_from(source, where)) as data:
      data.settimeout(session.TIMEOUT_SECONDS)
      assert data.recv(1) == b""


def a_peer_connects_to_the_passive_port(world):
  peer, stranger = world.address(7), world.address(8)
  with _fxp(world, f"{peer}/32") as fleet, \
       world.login(fleet.gateway, _SAILOR) as opened:
    where = opened.passive("PASV")
    _is_turned_away(stranger, where)
    with contextlib.closing(_dial_from(peer, where)) as data:
      opened.command("RETR /data/four.bin", "150", "125")
      assert session.read_all(data) == world.four_mib
    opened.want("226")
    where = opened.passive("EPSV")
    with contextlib.closing(_dial_from(peer, where)) as data:
      opened.command("STOR /w/from-peer", "150", "125")
      data.sendall(b"from a peer")
    opened.want("226")
    assert opened.download("RETR /w/from-peer") == b"from a peer"
    assert fleet.gateway.metric("pinnace_fxp_connections_total") == 2
    assert fleet.gateway.metric("pinnace_data_strangers_total") == 1


def the_gateway_dials_a_peer(world):
  peer = world.address(7)
  with _fxp(world, f"{peer}/32") as fleet, \
       world.login(fleet.gateway, _SAILOR) as opened, \
       contextlib.closing(socket.create_server((peer, 0))) as listener:
    listener.settimeout(session.TIMEOUT_SECONDS)
    port = listener.getsockname()[1]
    opened.command(_port(peer, port), "200")
    opened.command("RETR /data/four.bin", "150", "125")
    data, _ = listener.accept()
    with data:
      assert session.read_all(data) == world.four_mib
    opened.want("226")
    opened.command(f"EPRT |1|{peer}|{port}|", "200")
    opened.command("STOR /w/to-gateway", "150", "125")
    data, _ = listener.accept()
    with data:
      data.sendall(b"by a dialled peer")
    opened.want("226")
    assert opened.download("RETR /w/to-gateway") == b"by a dialled peer"
    for refused in (_port(peer, 1023), _port(world.address(8), port)):
      reply = opened.command(refused, "504")
      assert "must name your own address" in reply, reply


def without_peers_nobody_stands_in(world):
  peer = world.address(7)
  with _fxp(world) as fleet, world.login(fleet.gateway, _SAILOR) as opened:
    reply = opened.command(_port(peer, 2000), "504")
    assert reply == (f"504 PORT must name your own address ({opened.source}) "
                     "and a port of 1024 or above.\r\n"), reply
    where = opened.passive("PASV")
    opened.command(_port(*where), "504")
    where = opened.passive("PASV")
    _is_turned_away(peer, where)
    assert fleet.gateway.metric("pinnace_fxp_connections_total") == 0


def two_sessions_of_the_gateway_meet(world):
  with _fxp(world, f"{world.address(7)}/32") as fleet, \
       world.login(fleet.gateway, _SAILOR) as sink, \
       world.login(fleet.gateway, _SAILOR) as source:
    where = sink.passive("PASV")
    source.command(_port(*where), "200")
    sink.send("STOR /w/met")
    source.command("RETR /data/four.bin", "150", "125")
    sink.want("150", "125")
    source.want("226")
    sink.want("226")
    assert sink.download("RETR /w/met") == world.four_mib
    # The other way round: who listens sends.
    where = source.passive("PASV")
    sink.command(_port(*where), "200")
    source.send("RETR /data/four.bin")
    sink.command("STOR /w/met-again", "150", "125")
    source.want("150", "125")
    source.want("226")
    sink.want("226")
    assert sink.download("RETR /w/met-again") == world.four_mib
    # Where nobody waits there is nobody to meet.
    source.command(_port(where[0], where[1]), "200")
    source.command("RETR /data/four.bin", "150", "125")
    source.want("425", "426")
    source.command("NOOP", "200")


def half_an_upload_is_no_file(world):
  """The source breaks in mid-file: the sink must not hear a clean end."""
  with _fxp(world, f"{world.address(7)}/32", "--rate-download",
            "1000000") as fleet:
    with world.login(fleet.gateway, _SAILOR) as sink, \
         world.login(fleet.gateway, _SAILOR) as source:
      where = sink.passive("PASV")
      source.command(_port(*where), "200")
      sink.send("STOR /w/half")
      source.command("RETR /data/four.bin", "150", "125")
      sink.want("150", "125")
      fleet.registry.until(
          lambda: fleet.gateway.metric("pinnace_fxp_connections_total") == 1,
          "the two to meet")
      source.command("ABOR", "426")
      source.want("226", "225")
      sink.want("426")
      source.command("NOOP", "200")
      sink.command("NOOP", "200")


def lftp_moves_a_file_between_two_servers(world):
  with _fxp(world, f"{world.address(7)}/32") as fleet:
    gateway = f"{fleet.gateway.host.ipv4}:{fleet.gateway.ports['main']}"
    url = f"ftp://{_SAILOR.user}:{_SAILOR.password}@{gateway}"
    done = subprocess.run(
        ["lftp", "-c",
         "set cmd:fail-exit yes; set ftp:use-fxp yes; set ftp:fxp-force yes; "
         "set net:max-retries 2; set net:timeout 15; set ftp:ssl-allow no; "
         f"get {url}/data/four.bin -o {url}/w/by-lftp"],
        capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert fleet.gateway.metric("pinnace_fxp_connections_total") >= 1
    with world.login(fleet.gateway, _SAILOR) as opened:
      assert opened.download("RETR /w/by-lftp") == world.four_mib


ALL = [a_peer_connects_to_the_passive_port, the_gateway_dials_a_peer,
       without_peers_nobody_stands_in, two_sessions_of_the_gateway_meet,
       half_an_upload_is_no_file, lftp_moves_a_file_between_two_servers]
