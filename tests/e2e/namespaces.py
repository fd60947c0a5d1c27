"""Network namespaces: one per host of a test. Linux, root, iproute2.

A thread that has entered a namespace keeps it, and everything it starts
(threads, processes) is in that namespace too.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import threading

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def ip_batch(lines, namespace=None):
  """Runs many `ip` commands in one process."""
  command = ["ip"] + (["-n", namespace] if namespace else []) + ["-batch", "-"]
  subprocess.run(command, input="\n".join(lines) + "\n", text=True, check=True)


class Namespace:
  """A named network namespace that exists from create() to remove()."""

  def __init__(self, name):
    self.name = name

  def create(self):
    ip_batch([f"netns add {self.name}"])
    subprocess.run(
        self.command("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0",
                     "net.ipv6.conf.default.accept_dad=0",
                     "net.ipv4.ip_unprivileged_port_start=0",
                     # Not the public ports: a client's or backend's socket
                     # in TIME_WAIT would keep the next gateway from them.
                     "net.ipv4.ip_local_port_range=20000 49999"),
        check=True)
    ip_batch(["link set lo up"], self.name)

  def command(self, *command):
    """The command line that runs `command` in this namespace."""
    return ["nsenter", f"--net=/run/netns/{self.name}", "--", *command]

  def enter(self):
    """Moves the calling thread here."""
    with open(f"/run/netns/{self.name}", "rb") as handle:
      if _LIBC.setns(handle.fileno(), _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"cannot enter {self.name}")

  def call(self, function, *arguments):
    """Runs function(*arguments) in a thread inside, returns its result."""
    outcome = {}

    def work():
      try:
        self.enter()
        outcome["value"] = function(*arguments)
      except BaseException as error:  # pylint: disable=broad-except
        outcome["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    if "error" in outcome:
      raise outcome["error"]
    return outcome.get("value")

  def pids(self):
    found = subprocess.run(["ip", "netns", "pids", self.name],
                           capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]

  def kill_all(self):
    """SIGKILL for every process inside, but never for this one."""
    for pid in self.pids():
      if pid != os.getpid():
        with contextlib.suppress(ProcessLookupError):
          os.kill(pid, signal.SIGKILL)

  def remove(self):
    self.kill_all()
    subprocess.run(["ip", "netns", "del", self.name], check=False,
                   stderr=subprocess.DEVNULL)


def all_names():
  listed = subprocess.run(["ip", "netns", "list"], capture_output=True,
                          text=True, check=False)
  return [line.split()[0] for line in listed.stdout.splitlines() if line]
