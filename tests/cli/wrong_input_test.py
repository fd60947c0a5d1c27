"""What `pinnace ctl` says to what it cannot do, and its exit status."""

import tempfile
import unittest

import world

REGISTER = ("backend", "register", "--farm", "main", "--id", "b", "--address",
            "127.0.0.1:21")

# Words, and what standard error must have. Found without a control plane.
USAGE = [
    ((), "usage:"),
    (("nothing",), "no \"nothing\"; one of: backend, farm, route, policy"),
    (("backend",), "backend what? one of: register, list, show, drain"),
    (("backend", "lst"), "backend what?"),
    (("backend", "list", "--frm", "x"), "no flag --frm"),
    (("backend", "list", "--farm"), "--farm needs a value"),
    (("backend", "list", "main"), "unexpected argument \"main\""),
    (("backend", "show"), "needs ID"),
    (("backend", "register", "--id", "a"), "--farm is missing"),
    ((*REGISTER, "--weight", "x"), "--weight must be a number"),
    ((*REGISTER, "--capacity", "-1"), "--capacity must be a number"),
    ((*REGISTER, "--max-sessions", ""), "--max-sessions must be a number"),
    ((*REGISTER, "--ttl", "15"), "--ttl must be a duration like 15s"),
    ((*REGISTER, "--drain-deadline", "-1s"), "--drain-deadline must be a"),
    ((*REGISTER, "--label", "k"), "--label must be KEY=VALUE"),
    ((*REGISTER, "--proxy-protocol", "v1"),
     "--proxy-protocol must be off or v2, not \"v1\""),
    (("farm", "set", "main", "--balance", "random"),
     "--balance must be round_robin, least_sessions, weighted, p2c or maglev, "
     "not \"random\""),
    (("farm", "set", "main", "--pin-by", "x"),
     "--pin-by must be address or user"),
    (("farm", "set", "main", "--prefer-zone", "yes"),
     "--prefer-zone must be true or false"),
    (("farm", "set", "main", "--health-kind", "ping"),
     "--health-kind must be connect, login or list"),
    (("farm", "set", "main", "--eject-base", "5"), "--eject-base must be a"),
    (("farm", "set", "main", "--backend-tls", "yes"),
     "--backend-tls must be none, explicit or implicit, not \"yes\""),
    (("farm", "set", "main", "--data-protection", "P"),
     "--data-protection must be same, clear or private, not \"P\""),
    (("route", "set", "r", "--order", "first"), "--order must be a number"),
    (("policy", "set", "p", "--read-only", "yes"),
     "--read-only must be true or false"),
    (("policy", "set", "p", "--max-sessions-per-user", "x"),
     "--max-sessions-per-user must be a number"),
    (("policy", "set"), "needs NAME"),
    (("backend", "drain", "a", "--expected-version", "new"),
     "--expected-version must be a number"),
    (("audit", "--limit", "many"), "--limit must be a number"),
    (("session", "kill", "x"), "ID must be a number"),
]

# Refused by the control plane, which has no farm and no backend.
REFUSED = [
    (("backend", "show", "nobody"), "NOT_FOUND: id: no backend \"nobody\""),
    (("backend", "drain", "nobody"), "NOT_FOUND"),
    (("backend", "resume", "nobody"), "NOT_FOUND"),
    (("backend", "deregister", "nobody"), "NOT_FOUND"),
    ((*REGISTER, "--weight", "5000"), "INVALID_ARGUMENT"),
    ((*REGISTER, "--ttl", "1ms"), "INVALID_ARGUMENT"),
    (("farm", "show", "nowhere"), "NOT_FOUND: name: no farm \"nowhere\""),
    (("farm", "delete", "nowhere"), "NOT_FOUND"),
    (("farm", "set", "n", "--pin-ttl", "8000h"), "INVALID_ARGUMENT"),
    (("farm", "set", "n", "--backend-tls-ca", "/ca"),
     "INVALID_ARGUMENT: farm.backend_tls.ca: needs backend_tls.mode"),
    (("route", "set", "r"), "INVALID_ARGUMENT"),
    (("route", "set", "r", "--farm", "nowhere"), "nowhere"),
    (("route", "delete", "nowhere"), "NOT_FOUND"),
    (("policy", "set", "p", "--farm", "nowhere"),
     "NOT_FOUND: policy.farm: policy \"p\" is for \"nowhere\""),
    (("policy", "set", "p", "--deny-command", "QUIT"),
     "INVALID_ARGUMENT: policy.deny_commands[0]: \"QUIT\" cannot be refused"),
    (("policy", "set", "p", "--user-rate-upload", "9"),
     "INVALID_ARGUMENT: policy.user_rate.upload: must be 1 KiB to 1 TiB"),
    (("policy", "delete", "nowhere"), "NOT_FOUND"),
    (("audit", "--limit", "5000"), "INVALID_ARGUMENT"),
    (("session", "show", "7"), "NOT_FOUND: id: no session 7"),
    (("session", "kill", "7"), "NOT_FOUND"),
    (("session", "list", "--gateway", "nobody"), "NOT_FOUND"),
    (("pin", "delete", "main/10.0.0.1"), "NOT_FOUND"),
    (("ban", "add", "ann"), "INVALID_ARGUMENT: client: must be an IP address"),
    (("ban", "add", "10.0.0.1", "--duration", "1ms"),
     "INVALID_ARGUMENT: duration"),
    (("ban", "delete", "10.0.0.1"), "NOT_FOUND: key: no ban \"10.0.0.1\""),
]


class WrongInputTest(unittest.TestCase):

  def check(self, done, status, text):
    self.assertEqual(done.returncode, status, done.stderr)
    self.assertIn(text, done.stderr)
    self.assertEqual(done.stdout, "")

  def test_usage(self):
    for words, text in USAGE:
      with self.subTest(words=words):
        self.check(world.run("ctl", *words), 2, text)

  def test_refused(self):
    with world.World() as live:
      for words, text in REFUSED:
        with self.subTest(words=words):
          self.check(live.ctl(*words, check=False), 1, text)

  def test_stale(self):
    with world.World() as live:
      live.ctl(*REGISTER)
      old = live.record("b")["version"]
      live.ctl("backend", "drain", "b", "--expected-version", old)
      for verb in ("drain", "resume", "deregister"):
        with self.subTest(verb=verb):
          self.check(live.ctl("backend", verb, "b", "--expected-version", old,
                              check=False), 1, "ABORTED")

  def test_server_away(self):
    server = f"127.0.0.1:{world.free_port()}"
    for noun, verb in world.verbs():
      if verb in ("list", ""):
        with self.subTest(noun=noun):
          self.check(world.run(*filter(None, (noun, verb)), server=server), 1,
                     f"(server {server})")

  def test_subcommands(self):
    self.check(world.run("nothing"), 2, "no subcommand \"nothing\"")
    self.check(world.run("serve", "--nothing"), 2, "usage:")
    self.check(world.run("check"), 2, "usage:")
    self.check(world.run("completion", "fish"), 2, "usage:")

  def test_files_of_tls(self):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
      file.write("gateway: {tls: {certificates: [{cert: /nowhere, key: /k}]}}")
      file.flush()
      problem = (f"{file.name}:1:39: gateway.tls.certificates[0].cert: "
                 "/nowhere: cannot be read\n")
      self.check(world.run("check", file.name), 1, problem)
      self.check(world.run("serve", "--config", file.name), 1, problem)


if __name__ == "__main__":
  unittest.main()
