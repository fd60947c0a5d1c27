"""`openssl s_client`, by hand: one for the control connection, a further one
for each data connection, which resumes the former's TLS session."""

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import time

import clients
import steps

_SESSION = "session.pem"
_REPLY = re.compile(rb"(?:(\d{3})-.*?\r\n(?:.*\r\n)*?\1 .*\r\n|\d{3} .*\r\n)")


class OpenSsl(clients.Client):
  name = "s_client"
  modes = (clients.Mode(4, "PASV"), clients.Mode(4, "EPSV"),
           clients.Mode(6, "EPSV"))
  steps = frozenset({steps.Login, steps.List, steps.NameList, steps.Get,
                     steps.Put, steps.Append, steps.AbortedGet})

  def run(self, target, mode, wanted, folder):
    dialogue = _Dialogue(target, mode, folder)
    try:
      dialogue.log_in()
      for step in wanted:
        dialogue.do(step)
      dialogue.command("QUIT", "221")
    except (AssertionError, OSError) as failure:
      raise clients.ClientFailed(
          f"{failure!r}\n{dialogue.transcript()}") from failure
    else:
      return dialogue.transcript()
    finally:
      dialogue.close()


def command(target, *more):
  """The command line that connects and verifies the other end."""
  return ["openssl", "s_client", "-connect",
          f"{target.host_in_url}:{target.port}", "-CAfile", target.tls.ca,
          "-verify_return_error", "-verify_ip", target.address,
          "-quiet", "-nocommands", *more]


class _Dialogue:
  """One session. Its words and s_client's complaints are the transcript."""

  def __init__(self, target, mode, folder):
    self._target, self._mode, self._folder = target, mode, folder
    self._words = []
    self._errors = open(folder / "s_client.log", "a+b")
    self._input = b""
    start = [] if target.tls.implicit else ["-starttls", "ftp"]
    self._control = self._s_client(target, "-sess_out", _SESSION, *start,
                                   stdin=subprocess.PIPE)
    os.set_blocking(self._control.stdout.fileno(), False)

  def _s_client(self, target, *more, **streams):
    return subprocess.Popen(
        command(target, *more), cwd=self._folder, start_new_session=True,
        **{"stdout": subprocess.PIPE, "stderr": self._errors, **streams})

  def transcript(self):
    self._errors.seek(0)
    return "\n".join([*self._words,
                      self._errors.read().decode(errors="replace")])

  def close(self):
    with contextlib.suppress(OSError):
      self._control.stdin.close()
    _kill(self._control)
    self._errors.close()

  def log_in(self):
    if self._target.tls.implicit:
      self.want("220")
    self.command(f"USER {self._target.user}", "331", "230")
    self.command(f"PASS {self._target.password}", "230")
    self.command("TYPE I", "200")
    self.command("PBSZ 0", "200")
    self.command(f"PROT {self._target.tls.prot}", "200")

  def command(self, line, *codes):
    self._words.append(f"--> {line}")
    self._control.stdin.write(line.encode() + b"\r\n")
    self._control.stdin.flush()
    return self.want(*codes)

  def want(self, *codes):
    got = self._reply()
    assert got.startswith(codes), f"wanted {codes}, got {got!r}"
    return got

  def _reply(self):
    deadline = time.monotonic() + clients.TIMEOUT_SECONDS / 2
    output = self._control.stdout.fileno()
    while not (whole := _REPLY.match(self._input)):
      left = deadline - time.monotonic()
      ready, _, _ = select.select([output], [], [], max(left, 0))
      assert ready, "no reply"
      chunk = os.read(output, 65536)
      assert chunk, "the control connection ended"
      self._input += chunk
    self._input = self._input[whole.end():]
    text = whole[0].decode(errors="replace")
    self._words.append(text.strip())
    return text

  def do(self, step):
    match step:
      case steps.Login():
        self.command("PWD", "257")
      case steps.List():
        self._receive(f"LIST {step.folder}", step.local)
      case steps.NameList():
        self._receive(f"NLST {step.folder}", step.local)
      case steps.Get():
        self._receive(f"RETR {step.remote}", step.local, step.offset)
      case steps.Put():
        self._send(f"STOR {step.remote}", step.local, step.offset)
      case steps.Append():
        self._send(f"APPE {step.remote}", step.local)
      case steps.AbortedGet():
        self._give_up(step)
      case _:
        raise ValueError(step)

  def _where(self):
    """A further target: where the data connection goes."""
    if self._mode.verb == "EPSV":
      port = int(re.search(r"\|\|\|(\d+)\|", self.command("EPSV", "229"))[1])
    else:
      numbers = re.search(r"\d+,\d+,\d+,\d+,(\d+),(\d+)",
                          self.command("PASV", "227"))
      port = int(numbers[1]) * 256 + int(numbers[2])
    return clients.Target(self._target.address, port, "", "", self._target.tls)

  def _begin(self, line, offset, *more, **streams):
    """A data connection: a process with stdin and stdout."""
    where = self._where()
    if offset:
      self.command(f"REST {offset}", "350")
    if self._target.tls.private:
      data = self._s_client(where, "-sess_in", _SESSION, *more, **streams)
    else:
      data = _Clear(where, **streams)
    try:
      self.command(line, "150", "125")
    except BaseException:
      _kill(data)
      raise
    return data

  def _receive(self, line, local, offset=0):
    with open(self._folder / local, "ab" if offset else "wb") as out:
      data = self._begin(line, offset, stdin=subprocess.DEVNULL, stdout=out)
      self._end(data)

  def _send(self, line, local, offset=0):
    with open(self._folder / local, "rb") as source:
      os.lseek(source.fileno(), offset, os.SEEK_SET)
      data = self._begin(line, offset, "-no_ign_eof", stdin=source,
                         stdout=subprocess.DEVNULL)
      self._end(data)

  def _end(self, data):
    try:
      code = data.wait(clients.TIMEOUT_SECONDS / 2)
    finally:
      _kill(data)
    self.want("226")
    assert code == 0, f"the data connection's s_client: exit code {code}"
    # How OpenSSL calls an end without close_notify.
    assert "unexpected eof" not in self.transcript(), "no close_notify"

  def _give_up(self, step):
    data = self._begin(f"RETR {step.remote}", 0, stdin=subprocess.DEVNULL)
    received = data.stdout.read(steps.ABORT_AFTER)
    _kill(data)
    data.stdout.close()
    (self._folder / step.local).write_bytes(received)
    self._control.stdin.write(b"ABOR\r\n")
    # One reply or two, as the server has it: all that come before NOOP's.
    self._control.stdin.write(b"NOOP\r\n")
    self._control.stdin.flush()
    while not self._reply().startswith("200"):
      pass


class _Clear:
  """A data connection without TLS, with the same face as a process."""

  def __init__(self, where, stdin, stdout=subprocess.PIPE):
    self._socket = socket.create_connection((where.address, where.port),
                                            timeout=20)
    self._source = None if stdin == subprocess.DEVNULL else stdin
    self._sink = stdout
    self.stdout = self._socket.makefile("rb")

  def wait(self, _):
    if self._source:
      self._socket.sendfile(self._source, self._source.tell())
    else:
      while chunk := self._socket.recv(1 << 18):
        self._sink.write(chunk)
    self.kill()
    return 0

  def poll(self):
    return 0

  def kill(self):
    self.stdout.close()
    self._socket.close()


def _kill(process):
  if isinstance(process, _Clear):
    process.kill()
  elif process.poll() is None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
