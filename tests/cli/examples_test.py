"""Every example that --help gives is run against a live gateway."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

import world

# How the table of each verb begins.
HEADINGS = {
    "audit": "ID  TIME",
    "backend deregister": "backend a deregistered",
    "backend drain": "id  a",
    "backend list": "FARM  ID  ADDRESS  STATE  HEALTH  SESSIONS  MAX SESSIONS",
    "backend register": "id ",
    "backend resume": "id  a",
    "backend show": "id  a",
    "ban add": "KEY  CLIENT  USER  REASON  ORIGIN  STARTED  EXPIRES",
    "ban delete": "ban 203.0.113.9/32 lifted",
    "ban list": "KEY  CLIENT  USER  REASON  ORIGIN  STARTED  EXPIRES",
    "farm delete": "farm old deleted",
    "farm list": "NAME  BALANCE  DATA MODE  PIN BY  PIN TTL  HEALTH  BACKEND TLS",
    "farm set": "name  main",
    "farm show": "name  main",
    "gateway list": "NAME  ZONE  LISTENERS  PUBLIC PORTS  STATE  SESSIONS",
    "pin delete": "pin ",
    "pin list": "GATEWAY  KEY  FARM  CLIENT  USER  BACKEND  EXPIRES",
    "policy delete": "policy office deleted",
    "policy list": "NAME  LISTENER  FARM  USER  CLIENT CIDR  RULES  SOURCE",
    "policy set": "NAME  LISTENER  FARM  USER  CLIENT CIDR  RULES  SOURCE",
    "port list": "GATEWAY  PORTS  PENDING",
    "route delete": "route office deleted",
    "route list": "ORDER  NAME  LISTENER  HOST  USER  CLIENT CIDR  CLIENT SUBJECT",
    "route set": "ORDER  NAME  LISTENER  HOST  USER  CLIENT CIDR  CLIENT SUBJECT",
    "session kill": "session 256 ended",
    "session list": "GATEWAY  ID  USER  CLIENT  FARM  BACKEND  TLS",
    "session show": "id  256",
    "session trace": "TIME  FROM  TEXT",
    "snapshot": "version ",
}
READING = {"list", "show", ""}


def squeezed(table):
  """Its columns two blanks apart."""
  lines = table.splitlines()
  return "\n".join("  ".join(filter(None, map(str.strip, line.split("  "))))
                   for line in lines)


class Stage:
  """A world in which every example finds what it names."""

  def __init__(self):
    self.world = world.World()
    self._folder = tempfile.TemporaryDirectory()
    self._clients = []

  def __enter__(self):
    self.world.__enter__()
    program = pathlib.Path(self._folder.name) / "pinnace"
    program.write_text(
        "#!/bin/bash\n"
        f'[ "$1" = ctl ] && exec {world.BINARY} ctl --server '
        f'{self.world.server} "${{@:2}}"\n'
        f'exec {world.BINARY} "$@"\n')
    program.chmod(0o755)
    self._set()
    # The first session of the first worker has the number 256.
    self._clients.append(self.world.log_in(self.world.main))
    self._clients.append(self.world.log_in(self.world.archive, "partner-7"))
    return self

  def __exit__(self, *_):
    for client in self._clients:
      client.close()
    self._folder.cleanup()
    self.world.__exit__()

  def _set(self):
    ctl = self.world.ctl
    ctl("farm", "set", "old")
    ctl("farm", "set", "archive", "--pin-by", "user")
    for farm, backend in (("main", "a"), ("archive", "z")):
      ctl("backend", "register", "--farm", farm, "--id", backend, "--address",
          self.world.backend.address)
    ctl("route", "set", "partners", "--farm", "archive", "--user", "partner-*")
    ctl("ban", "add", "203.0.113.9")
    ctl("route", "set", "office", "--farm", "main", "--host", "office")
    ctl("policy", "set", "office", "--deny-client", "192.0.2.0/24")

  def popen(self, example):
    environment = dict(os.environ, HOSTNAME="pod-7", POD_IP="127.0.0.1")
    environment["PATH"] = f"{self._folder.name}:{environment['PATH']}"
    return subprocess.Popen(["bash", "-c", f"exec {example}"],
                            env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)

  def run(self, example):
    """Its standard output; one that stays is stopped as a sidecar is."""
    with self.popen(example) as process:
      if "--hold" in example:
        world.until(lambda: self.world.state("pod-7"), "a held registration")
        process.send_signal(signal.SIGTERM)
      # It follows its session until that ends.
      begun = ""
      if "session trace" in example:
        begun = process.stdout.readline()
        begun += process.stdout.readline()
        self.world.ctl("session", "kill", "256")
      output, error = process.communicate(timeout=world.PATIENCE)
    if process.returncode != 0:
      raise AssertionError(f"exit {process.returncode}: {example}\n{error}")
    return begun + output


class ExamplesTest(unittest.TestCase):

  def test_every_verb_has_a_heading_here(self):
    self.assertEqual(sorted(HEADINGS),
                     sorted(" ".join(verb).strip() for verb in world.verbs()))

  def test_examples(self):
    reading = self.enterContext(Stage())
    for noun, verb in world.verbs():
      name = f"{noun} {verb}".strip()
      examples = world.examples("ctl", *name.split())
      self.assertTrue(examples, name)
      for example in examples:
        for form in (example, f"{example} --json"):
          with self.subTest(example=form):
            if verb in READING:
              self.check(reading, name, form)
              continue
            with Stage() as fresh:
              self.check(fresh, name, form)

  def check(self, stage, name, example):
    self.assertIn(f"pinnace ctl {name}", example)
    output = stage.run(example)
    if "--json" in example and name == "session trace":
      self.assertEqual(json.loads(output.splitlines()[0])["number"], "1")
    elif "--json" in example:
      json.loads(output)
    else:
      self.assertTrue(squeezed(output).startswith(HEADINGS[name]), output)

  def test_help_of_subcommands(self):
    listing = world.run("--help").stdout
    for name in ("serve", "proxy", "control-plane", "ctl", "check",
                 "completion"):
      self.assertIn(f"  {name} ", listing)
      with self.subTest(subcommand=name):
        self.assertIn("examples:\n  ", world.run(name, "--help").stdout)

  def test_help_of_nouns(self):
    for noun in {noun for noun, _ in world.verbs()}:
      with self.subTest(noun=noun):
        done = world.run("ctl", noun, "--help")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith(f"usage: pinnace ctl {noun}"))


if __name__ == "__main__":
  unittest.main()
