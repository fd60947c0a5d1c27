"""What real shells offer when the key is pressed."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import world

BASH = """
source <("$PINNACE" completion bash)
complete -p pinnace
COMP_LINE=$1 COMP_POINT=${#1}
COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
_pinnace
printf '%s\\n' "${COMPREPLY[@]}"
"""

# compadd and _files belong to the line editor, which is not there.
ZSH = """
compdef() { print -r -- "compdef $*" }
compset() { words[CURRENT]=${words[CURRENT]#*=} }
_files() { print -l -- :files }
compadd() {
  local candidate
  for candidate in "${@:2}"; do
    [[ $candidate == "${words[CURRENT]}"* ]] && print -r -- "$candidate"
  done
}
source <("$PINNACE" completion zsh)
words=("${(@s: :)1}") CURRENT=${#words}
_pinnace
true
"""


class CompletionTest:
  """For one shell."""

  def setUp(self):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    self.folder = pathlib.Path(folder)
    os.symlink(world.BINARY, self.folder / "pinnace")

  def offered(self, line):
    path = f"{self.folder}:{os.environ['PATH']}"
    done = subprocess.run(
        [*self.SHELL, self.SCRIPT, "test", line], capture_output=True,
        text=True, timeout=world.PATIENCE, check=False, cwd=self.folder,
        env={"PATH": path, "PINNACE": world.BINARY})
    self.assertEqual((done.returncode, done.stderr), (0, ""))
    first, *rest = done.stdout.split("\n")
    self.assertEqual(first, self.REGISTERED)
    return sorted(filter(None, rest))

  def test_subcommands(self):
    self.assertEqual(self.offered("pinnace c"),
                     ["check", "completion", "control-plane", "ctl"])

  def test_nouns(self):
    self.assertEqual(self.offered("pinnace ctl "), [
        "audit", "backend", "ban", "farm", "gateway", "pin", "policy", "port",
        "route", "session", "snapshot"])

  def test_verbs(self):
    self.assertEqual(self.offered("pinnace ctl --server h:1 route "),
                     ["delete", "list", "set"])
    self.assertEqual(self.offered("pinnace ctl backend re"),
                     ["register", "resume"])

  def test_flags(self):
    self.assertEqual(self.offered("pinnace ctl farm set main --drain"),
                     ["--drain-deadline", "--drain-grace"])
    self.assertEqual(self.offered("pinnace ctl backend list --s"),
                     ["--server"])

  def test_values_of_flags(self):
    self.assertEqual(self.offered("pinnace ctl farm set main --balance "), [
        "least_sessions", "maglev", "p2c", "round_robin", "weighted"])
    self.assertEqual(self.offered("pinnace ctl farm set main --backend-tls "),
                     ["explicit", "implicit", "none"])
    self.assertEqual(self.offered("pinnace ctl farm set main --pin-by=u"),
                     ["user"])
    self.assertEqual(self.offered("pinnace ctl backend list --json=1 --farm "),
                     [])

  def test_files(self):
    (self.folder / "a.yaml").touch()
    for line in ("pinnace check a", "pinnace serve --config a"):
      self.assertEqual(self.offered(line), self.FILES)

  def test_names_that_the_control_plane_knows(self):
    with world.World() as live:
      for backend, farm in (("a1", "main"), ("a2", "main"), ("b", "other")):
        live.ctl("backend", "register", "--farm", farm, "--id", backend,
                 "--address", live.backend.address)
      ctl = f"pinnace ctl --server {live.server}"
      self.assertEqual(self.offered(f"{ctl} backend drain a"), ["a1", "a2"])
      self.assertEqual(self.offered(f"{ctl} farm show "), ["main", "other"])
      self.assertEqual(
          self.offered(f"pinnace ctl backend list --server={live.server} "
                       "--farm o"), ["other"])
      self.assertEqual(self.offered(f"{ctl} pin list --gateway "), ["gw"])
      client = live.log_in(live.main)
      self.addCleanup(client.close)
      self.assertEqual(self.offered(f"{ctl} session kill 2"), ["256"])
      self.assertEqual(self.offered(f"{ctl} pin delete "), ["main/127.0.0.1"])
      live.ctl("ban", "add", "203.0.113.9")
      self.assertEqual(self.offered(f"{ctl} ban delete "), ["203.0.113.9/32"])

  def test_nothing_without_a_control_plane(self):
    away = f"127.0.0.1:{world.free_port()}"
    self.assertEqual(
        self.offered(f"pinnace ctl --server {away} backend show "), [])


class BashTest(CompletionTest, unittest.TestCase):
  SHELL = ("bash", "--norc", "-c")
  SCRIPT = BASH
  REGISTERED = "complete -F _pinnace pinnace"
  FILES = ["a.yaml"]


@unittest.skipUnless(shutil.which("zsh"), "no zsh")
class ZshTest(CompletionTest, unittest.TestCase):
  SHELL = ("zsh", "-f", "-c")
  SCRIPT = ZSH
  REGISTERED = "compdef _pinnace pinnace"
  FILES = [":files"]


if __name__ == "__main__":
  unittest.main()
