"""What operators forbid: networks, verbs, paths, numbers of sessions."""

import contextlib
import subprocess

import control_world

_SAILOR = control_world.SAILOR
_NORTH = control_world.Account("north-1")
_WRITING = ("STOR x", "STOU", "APPE x", "DELE x", "RNFR x", "RNTO x", "MKD x",
            "XMKD x", "RMD x", "XRMD x", "MFMT 20260101000000 x",
            "MFCT 20260101000000 x", "MFF Perm=r; x", "SITE CHMOD 777 x")


@contextlib.contextmanager
def _limited(world):
  """Farm main with backend a, and farm north with b, where north-* goes."""
  with world.fleet() as fleet:
    world.register(fleet.registry, "main", "a")
    world.register(fleet.registry, "north", "b")
    fleet.registry.set_route("north", "north", user="north-*")
    fleet.settle()
    yield fleet


def _set(fleet, name, *flags):
  fleet.control_plane.ctl("policy", "set", name, *flags)
  fleet.settle()


def _curl(gateway, account, path, *flags):
  """Its exit status and what it showed of the dialogue."""
  done = subprocess.run(
      ["curl", "-sSv", "--max-time", "20", "-u",
       f"{account.user}:{account.password}", *flags,
       f"ftp://{gateway.host.ipv4}:{gateway.ports['main']}{path}"],
      input=b"data", capture_output=True, timeout=40, check=False)
  return done.returncode, done.stderr.decode(errors="replace")


def read_only_counts_from_the_next_command_of_a_running_session(world):
  with _limited(world) as fleet, \
       world.login(fleet.gateway, _SAILOR) as running:
    running.command("MKD /w/made", "257")
    _set(fleet, "frozen", "--farm", "main", "--read-only", "true")
    for line in _WRITING:
      verb = line.split()[0]
      reply = running.command(line, "550")
      assert reply == f"550 {verb} is not allowed here.\r\n", reply
    assert len(running.download("RETR /data/four.bin")) == len(world.four_mib)
    # Another farm's sessions may.
    with world.login(fleet.gateway, _NORTH) as other:
      other.upload("STOR /w/north", b"x")
      other.command("DELE /w/north", "250")
    for command, flags in (("STOR", ["-T", "-"]),
                           ("APPE", ["-a", "-T", "-"])):
      code, shown = _curl(fleet.gateway, _SAILOR, "/w/curled", *flags)
      assert code != 0 and f"550 {command} is not allowed here." in shown, shown
    code, shown = _curl(fleet.gateway, _SAILOR, "/data/four.bin", "-Q",
                        "-DELE /data/four.bin", "-o", "/dev/null")
    assert code != 0 and "550 DELE is not allowed here." in shown, shown
    fleet.control_plane.ctl("policy", "delete", "frozen")
    fleet.settle()
    running.command("RMD /w/made", "250")
    assert fleet.gateway.metric("pinnace_commands_denied_total") >= 17


def paths_hold_wherever_the_session_stands(world):
  with _limited(world) as fleet:
    _set(fleet, "north", "--user", "north-*", "--allow-path", "/data/**",
         "--allow-path", "/w/**", "--deny-path", "/data/number",
         "--deny-upload-name", "*.exe")
    with world.login(fleet.gateway, _NORTH) as opened:
      opened.command("CWD /data", "250")
      opened.command("SIZE whoami", "213")
      for line, path in (("SIZE number", "/data/number"),
                         ("SIZE ../etc/passwd", "/etc/passwd"),
                         ("CWD ..", "/"), ("CDUP", "/"), ("MLST /", "/"),
                         ("RNFR /data/../x", "/x")):
        reply = opened.command(line, "550")
        assert reply == f"550 {path} is not allowed here.\r\n", reply
      opened.command("CWD /w", "250")
      reply = opened.command("STOR bad.exe", "553")
      assert reply == "553 The file name bad.exe is not allowed here.\r\n"
      opened.upload("STOR good.txt", b"good")
      opened.command("MKD inner", "257")
      opened.command("CWD inner", "250")
      assert opened.download("RETR ../good.txt") == b"good"
      opened.command("SIZE ../../data/number", "550")
      opened.command("CDUP", "250", "200")
      opened.command("DELE good.txt", "250")
      opened.command("RMD inner", "250")
    # Others see all.
    with world.login(fleet.gateway, _SAILOR) as opened:
      opened.command("SIZE /data/number", "213")
    code, shown = _curl(fleet.gateway, _NORTH, "/data/number", "-o",
                        "/dev/null")
    assert code != 0 and "550 /data/number is not allowed here." in shown, shown
    code, shown = _curl(fleet.gateway, _NORTH, "/data/four.bin", "-o",
                        "/dev/null")
    assert code == 0, shown


def networks_are_refused_at_connect_and_at_user(world):
  with _limited(world) as fleet:
    _set(fleet, "everybody", "--deny-client", f"{world.address(0)}/32")
    refusal = world.refused(fleet.gateway, _SAILOR, source=world.address(0))
    assert "421 Your address is not allowed here." in refusal, refusal
    world.meets(fleet.gateway, _SAILOR, source=world.address(1))
    _set(fleet, "north", "--farm", "north", "--allow-client",
         f"{world.address(2)}/32")
    with world.connect(fleet.gateway, source=world.address(1)) as opened:
      reply = opened.command(f"USER {_NORTH.user}", "530")
      assert reply == "530 Login from your address is not allowed.\r\n", reply
      # It goes on, logged out.
      opened.login(_SAILOR)
      assert world.met(opened) == "a"
    assert world.meets(fleet.gateway, _NORTH, source=world.address(2)) == "b"


def sessions_of_a_user_and_of_an_address_are_bounded(world):
  """On both workers together."""
  with _limited(world) as fleet, contextlib.ExitStack() as stack:
    _set(fleet, "few", "--max-sessions-per-user", "2",
         "--max-sessions-per-address", "3")
    opened = [stack.enter_context(world.login(
        fleet.gateway, _SAILOR, source=world.address(number)))
              for number in range(2)]
    with world.connect(fleet.gateway, source=world.address(2)) as third:
      reply = third.command(f"USER {_SAILOR.user}", "530")
      assert reply.startswith("530 This user has as many sessions"), reply
      opened[0].quit()
      third.login(_SAILOR)
      third.quit()
    for number in range(2):
      stack.enter_context(world.login(
          fleet.gateway, control_world.Account(f"sailor{number}"),
          source=world.address(1)))
    with world.connect(fleet.gateway, source=world.address(1)) as fourth:
      reply = fourth.command("USER sailor9", "530")
      assert reply.startswith("530 Your address has as many sessions"), reply


def policy_protects_its_farm(world):
  with _limited(world) as fleet:
    fleet.registry.set_farm("empty")
    _set(fleet, "there", "--farm", "empty", "--read-only", "true")
    refusal = fleet.registry.refusal("DeleteFarm", name="empty")
    assert refusal.code == "FAILED_PRECONDITION", refusal
    fleet.control_plane.ctl("policy", "delete", "there")
    fleet.registry.call("DeleteFarm", name="empty")


ALL = [
    read_only_counts_from_the_next_command_of_a_running_session,
    paths_hold_wherever_the_session_stands,
    networks_are_refused_at_connect_and_at_user,
    sessions_of_a_user_and_of_an_address_are_bounded,
    policy_protects_its_farm,
]
