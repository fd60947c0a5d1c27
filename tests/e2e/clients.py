"""What all client programs share: how one is run, and which modes there are.

An adapter turns a list of steps into command lines. It says what its program
cannot do: `modes` leaves a mode out, `steps` a step.
"""

import dataclasses
import os
import re
import signal
import subprocess

import steps

PASSIVE = ("PASV", "EPSV")
IPV4_MODES = ("PASV", "EPSV", "PORT", "EPRT")
IPV6_MODES = ("EPSV", "EPRT")  # RFC 2428: the only ones IPv6 has.
EVERY_STEP = frozenset({
    steps.Login, steps.List, steps.NameList, steps.Get, steps.Put,
    steps.Append, steps.Rename, steps.Delete, steps.MakeDirectory,
    steps.AbortedGet})
TIMEOUT_SECONDS = 45

# How each program shows the commands it sends.
_SENT = re.compile(
    r"(?:^> |---> |Cmd: |--> |\*cmd\* ')(PASV|EPSV|PORT|EPRT|LPSV|LPRT)\b",
    re.MULTILINE)


class ClientFailed(AssertionError):
  """The client says it failed, or hung; carries its transcript."""


@dataclasses.dataclass(frozen=True)
class Mode:
  """How data connections are made, and over which family."""
  family: int
  verb: str

  def __str__(self):
    return f"ipv{self.family}-{self.verb}"

  @property
  def passive(self):
    return self.verb in PASSIVE


@dataclasses.dataclass(frozen=True)
class Tls:
  """What a client must insist on, so that it fails without it."""
  ca: str         # PEM of the authority that the other end is verified by.
  implicit: bool  # Else AUTH TLS.
  private: bool   # PROT P; else PROT C.

  @property
  def prot(self):
    return "P" if self.private else "C"


@dataclasses.dataclass(frozen=True)
class Target:
  """Where a client goes: a backend itself, or the gateway."""
  address: str
  port: int
  user: str
  password: str
  tls: Tls = None  # All is clear.

  @property
  def host_in_url(self):
    return f"[{self.address}]" if ":" in self.address else self.address

  def url(self, path=""):
    return f"{self.scheme}://{self.host_in_url}:{self.port}/{path.lstrip('/')}"

  @property
  def scheme(self):
    return "ftps" if self.tls and self.tls.implicit else "ftp"


class Client:
  """One client program. A subclass gives `name`, `modes` and run()."""

  name = None
  modes = ()
  steps = EVERY_STEP

  def run(self, target, mode, wanted, folder):
    """Does the steps in one session if the program can; returns a transcript.

    Raises ClientFailed. `folder` is the client's home and working directory.
    """
    raise NotImplementedError


def both_families(ipv4, ipv6):
  return tuple([Mode(4, verb) for verb in ipv4] +
               [Mode(6, verb) for verb in ipv6])


def data_verbs(transcript):
  """The set of data connection commands that were sent."""
  return set(_SENT.findall(transcript))


def execute(command, folder, script=None, check=True):
  """Runs a program to its end; its whole output is the transcript."""
  environment = {"PATH": os.environ["PATH"], "HOME": str(folder),
                 "LC_ALL": "C", "TERM": "dumb"}
  process = subprocess.Popen(
      command, cwd=folder, env=environment, text=True, errors="replace",
      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
      start_new_session=True)
  try:
    transcript, _ = process.communicate(script or "", timeout=TIMEOUT_SECONDS)
  except subprocess.TimeoutExpired:
    os.killpg(process.pid, signal.SIGKILL)
    transcript, _ = process.communicate()
    raise ClientFailed(f"hung for {TIMEOUT_SECONDS} s\n{transcript}") from None
  if check and process.returncode != 0:
    raise ClientFailed(f"exit code {process.returncode}\n{transcript}")
  return transcript


def pipe_to_head(command):
  """A shell line that stops reading the command's output early."""
  return ["sh", "-c", f'"$@" | head -c {steps.ABORT_AFTER} > "$0"', *command]
