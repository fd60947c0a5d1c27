"""Who shows which certificate to whom, on both legs."""

import shutil

import certificates
import content
import ftps_gateway
import session
import waiting


def _whoami(opened):
  received = opened.download("RETR /data/whoami")
  assert received == b"vsftpd", received


def reload(world):
  """New files count for new sessions; the old ones go on."""
  world.needs_gateway()
  old = ftps_gateway.certificate(world.hosts, world.authority, "reloaded",
                                 "old.gateway.test")
  new = ftps_gateway.certificate(world.hosts, world.authority, "new",
                                 "new.gateway.test")
  tls = {"certificates": [ftps_gateway.pair(old)], "session_reuse": "require"}
  with world.serve_tls(tls=tls) as server:
    with world.login(server) as before:
      assert "old.gateway.test" in before.certificate_names()
      # The key first: a pair that does not match must not end the gateway.
      shutil.copyfile(new.key, old.key)
      server.reload()
      _whoami(before)
      shutil.copyfile(new.cert, old.cert)
      server.reload()
      waiting.until(
          lambda: "new.gateway.test" in _shown(world, server),
          "the new certificate")
      before.command("NOOP", "200")
      _whoami(before)
    with world.login(server) as after:
      assert "new.gateway.test" in after.certificate_names()
      _whoami(after)


def _shown(world, server, **connect):
  with world.connect(server, **connect) as opened:
    return opened.secure().certificate_names()


def server_name_chooses(world):
  world.needs_gateway()
  first = ftps_gateway.certificate(world.hosts, world.authority, "first",
                                   "a.gateway.test")
  second = world.authority.issue("second", "b.gateway.test",
                                 "*.c.gateway.test")
  tls = {"certificates": [ftps_gateway.pair(first), ftps_gateway.pair(second)]}
  with world.serve_tls(tls=tls) as server:
    assert "a.gateway.test" in _shown(world, server, name="a.gateway.test")
    assert "b.gateway.test" in _shown(world, server, name="b.gateway.test")
    assert "b.gateway.test" in _shown(world, server, name="x.c.gateway.test")
    # Without a name: the first.
    assert "a.gateway.test" in _shown(world, server)
    # Data connections are shown the same, and resume the same session.
    for name in ("a.gateway.test", "b.gateway.test"):
      with world.login(server, name=name) as opened:
        _whoami(opened)


def client_certificate(world):
  world.needs_gateway()
  clients = certificates.Authority(world.hosts.work / "clients", "Clients' CA")
  good = clients.issue("ann", common_name="ann")
  revoked = clients.issue("bob", common_name="bob")
  strange = world.authority.issue("eve", common_name="eve")
  tls = {"client_ca": clients.cert, "require_client_certificate": True,
         "client_crl": clients.revocation_list(revoked)}
  with world.serve_tls(tls=tls) as server:
    for own in (None, revoked, strange):
      _is_turned_away(world, server, own)
    with world.login(server, world.context(own=good)) as opened:
      assert '"ann"' in server.admin("/api/v1/sessions")
      _whoami(opened)


def _is_turned_away(world, server, own):
  """In the handshake; with TLS 1.3 the client learns it at its first read."""
  try:
    with world.connect(server, world.context(own=own)) as opened:
      opened.secure()
      reply = opened.command("NOOP", "")
  except OSError:
    return
  assert not reply, f"{own}: {reply!r}"


def client_certificate_not_required(world):
  world.needs_gateway()
  clients = certificates.Authority(world.hosts.work / "some", "Clients' CA")
  own = clients.issue("ann", common_name="ann")
  with world.serve_tls(tls={"client_ca": clients.cert}) as server:
    for context in (world.context(), world.context(own=own)):
      with world.login(server, context) as opened:
        _whoami(opened)


def _backend_is_not_believed(world, backend_tls):
  """421 for the client, and the operator learns why."""
  world.needs_gateway()
  farm = {"backend_tls": {"mode": "explicit", **backend_tls}}
  with world.serve_tls(farm=farm, well=False) as server:
    try:
      with world.connect(server) as opened:
        opened.secure()
        opened.command("USER ftp", "331")
        opened.command("PASS harbour7", "230")
    except session.Refused as refusal:
      assert "got '421" in str(refusal), refusal
    else:
      raise AssertionError("the backend was believed")
    told = server.admin("/api/v1/backends") + server.log()
    assert "cannot verify" in told, told


def backend_of_an_unknown_authority(world):
  world.needs_gateway()
  other = certificates.Authority(world.hosts.work / "other", "Other CA")
  _backend_is_not_believed(world, {"ca": other.cert})


def backend_with_a_wrong_name(world):
  _backend_is_not_believed(
      world, {"ca": world.authority.cert, "server_name": "wrong.backend.test"})


def backend_by_its_name(world):
  world.needs_gateway()
  tls = {"mode": "explicit", "ca": world.authority.cert,
         "server_name": "vsftpd.backend.test"}
  with world.serve_tls(farm={"backend_tls": tls}) as server:
    with world.login(server) as opened:
      _whoami(opened)


def backend_unverified_when_asked(world):
  world.needs_gateway()
  tls = {"mode": "explicit", "skip_verification": True}
  with world.serve_tls(farm={"backend_tls": tls}) as server:
    with world.login(server) as opened:
      _whoami(opened)


def implicit_backend_that_wants_a_certificate(world):
  world.needs_gateway()
  medium = world.fixtures.medium
  own = world.authority.issue("gateway-toward-backends")
  tls = {"mode": "implicit", "ca": world.authority.cert, "cert": own.cert,
         "key": own.key, "data_protection": "private"}
  with world.serve_tls(backend="implicit",
                       farm={"backend_tls": tls}) as server:
    with world.login(server, backend="implicit") as opened:
      received = opened.download(f"RETR {medium.remote}")
      assert content.bytes_checksum(received) == medium.sha256, "RETR differs"
      opened.upload("STOR /w/implicit", received)
      stored = world.backends["implicit"].root / "w/implicit"
      assert stored.read_bytes() == received, "STOR differs"
  without = {"mode": "implicit", "ca": world.authority.cert}
  with world.serve_tls(backend="implicit", farm={"backend_tls": without},
                       well=False) as server:
    try:
      with world.connect(server) as opened:
        opened.secure()
        opened.command("USER sailor", "331")
    except session.Refused as refusal:
      assert "certificate required" in str(refusal), refusal
    else:
      raise AssertionError("the backend took a gateway without a certificate")


ALL = [implicit_backend_that_wants_a_certificate,
       reload, server_name_chooses, client_certificate,
       client_certificate_not_required, backend_of_an_unknown_authority,
       backend_with_a_wrong_name, backend_by_its_name,
       backend_unverified_when_asked]
