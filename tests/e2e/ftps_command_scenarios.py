"""AUTH, PBSZ, PROT, CCC and REIN (RFC 4217): order, and what they leave."""

import content
import ftps_session


def starttls_injection(world):
  """What came in the clear behind AUTH is never taken for a command."""
  world.needs_gateway()
  with world.serve_tls() as server, world.connect(server) as opened:
    opened.send_bytes(b"AUTH TLS\r\nUSER evil\r\n")
    opened.want("234")
    opened.handshake()
    opened.command("NOOP", "200")
    opened.login(world.backends["vsftpd"]).protect()
    assert opened.download("RETR /data/whoami") == b"vsftpd"


def require_refuses_user_in_the_clear(world):
  world.needs_gateway()
  with world.serve_tls(listener="require") as server:
    with world.connect(server) as opened:
      opened.command("USER ftp", "530")
      opened.command("PASS x", "5")
      opened.secure().login(world.backends["vsftpd"]).protect()
      assert opened.download("RETR /data/whoami") == b"vsftpd"


def codes_of_pbsz_and_prot(world):
  world.needs_gateway()
  with world.serve_tls() as server, world.connect(server) as opened:
    opened.command("PBSZ 0", "503")
    opened.command("PROT P", "503")
    opened.command("AUTH KERBEROS_V5", "504")
    opened.secure()
    opened.command("PROT P", "503")
    opened.command("PBSZ 0", "200")
    for level in "ES":
      opened.command(f"PROT {level}", "536")
    opened.command("PROT X", "504")
    for level in "PCP":
      opened.command(f"PROT {level}", "200")
    opened.login(world.backends["vsftpd"])
    # The login has taken nothing back.
    received = opened.download("RETR /data/small.bin",
                               resumed=ftps_session.OWN)
    assert content.bytes_checksum(received) == world.fixtures.small.sha256


def names_of_auth(world):
  """RFC 4217 §17: TLS-C and TLS are one, TLS-P and SSL mean PROT P too."""
  world.needs_gateway()
  with world.serve_tls() as server:
    for name in ("TLS", "TLS-C", "TLS-P", "SSL", "tls"):
      with world.connect(server) as opened:
        opened.command(f"AUTH {name}", "234")
        opened.handshake().login(world.backends["vsftpd"]).protect()
        assert opened.download("RETR /data/whoami") == b"vsftpd", name


def private_data_can_be_required(world):
  world.needs_gateway()
  with world.serve_tls(tls={"require_private_data": True}) as server:
    with world.login(server) as opened:
      assert opened.download("RETR /data/whoami") == b"vsftpd"
      opened.command("PROT C", "534")
      assert opened.download("RETR /data/whoami") == b"vsftpd"
    with world.connect(server) as unprotected:
      unprotected.secure()
      unprotected.login(world.backends["vsftpd"])
      unprotected.command("EPSV", "229")
      unprotected.command("RETR /data/whoami", "521")


def rein_goes_back_to_clear(world):
  world.needs_gateway()
  with world.serve_tls() as server, world.login(server) as opened:
    opened.command("REIN", "220")  # Still in TLS.
    opened.unsecure()
    opened.command("NOOP", "200")
    opened.command("PBSZ 0", "503")  # As if just connected.
    opened.secure()
    opened.command("PROT P", "503")
    opened.login(world.backends["vsftpd"]).protect()
    assert opened.download("RETR /data/whoami") == b"vsftpd"


def ccc_when_allowed(world):
  world.needs_gateway()
  with world.serve_tls(tls={"allow_ccc": True}) as server:
    with world.login(server) as opened:
      tls_session = opened.tls_session
      opened.command("CCC", "200")  # Still in TLS.
      opened.unsecure()
      opened.command("NOOP", "200")
      opened.command("PROT C", "5")
      # Data connections stay as they were.
      received = opened.download("RETR /data/whoami", resumed=tls_session)
      assert received == b"vsftpd", received


def ccc_when_not_allowed(world):
  world.needs_gateway()
  with world.serve_tls() as server, world.login(server) as opened:
    opened.command("CCC", "534")
    opened.command("NOOP", "200")  # Still in TLS.
    assert opened.download("RETR /data/whoami") == b"vsftpd"


def host_that_contradicts_the_handshake(world):
  """RFC 7151 §3.3."""
  world.needs_gateway()
  with world.serve_tls() as server:
    with world.connect(server, name="ftp.gateway.test") as opened:
      opened.secure()
      opened.command("HOST other.gateway.test", "504", "503")
      opened.login(world.backends["vsftpd"]).protect()
      assert opened.download("RETR /data/whoami") == b"vsftpd"


ALL = [starttls_injection, require_refuses_user_in_the_clear,
       codes_of_pbsz_and_prot, names_of_auth, private_data_can_be_required,
       rein_goes_back_to_clear, ccc_when_allowed, ccc_when_not_allowed,
       host_that_contradicts_the_handshake]
