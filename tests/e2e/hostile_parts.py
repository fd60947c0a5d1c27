"""The malicious backend, and the normal client that must not feel it."""

import asyncio
import contextlib
import dataclasses
import logging
import multiprocessing
import socket
import struct
import time

from pyftpdlib import authorizers
from pyftpdlib import handlers
from pyftpdlib import servers

SMALL = b"small\n" * 100
_BETWEEN_ROUNDS = 0.01
_fork = multiprocessing.get_context("fork")
_RST = struct.pack("ii", 1, 0)


def reset(writer):
  """Closes with a RST."""
  sock = writer.get_extra_info("socket")
  with contextlib.suppress(OSError):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
  writer.transport.abort()


@dataclasses.dataclass
class Mood:
  """At which stage the backend turns malicious, and how."""
  at: str = ""
  how: str = ""
  text: bytes = b""  # Of "say".


class Backend:
  """An FTP server with moods; runs on the caller's event loop."""

  def __init__(self):
    self.mood = Mood()
    self.moods = {}  # Of users; theirs come before `mood`.
    self.lacks_epsv = False
    self.port = 0
    self._server = None
    self._live = set()

  async def start(self):
    self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
    self.port = self._server.sockets[0].getsockname()[1]

  async def _turns(self, mood, stage, reader, writer):
    """True when the mood has taken over, and the connection is done."""
    if mood.at != stage:
      return False
    if mood.how == "fin":
      writer.close()
    elif mood.how == "rst":
      reset(writer)
    elif mood.how == "silence":
      await reader.read()
      writer.close()
    elif mood.how == "endless":
      while not writer.is_closing():
        writer.write(b"230-and on\r\n" * 1000)
        await writer.drain()
    elif mood.how == "giant line":
      writer.write(b"230 " + b"x" * (4 << 20))
      await writer.drain()
      await reader.read()
    elif mood.how == "half a line":
      writer.write(b"23")
      await writer.drain()
      writer.close()
    elif mood.how == "byte-wise":
      for byte in mood.text:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0)
      return False
    elif mood.how == "say":
      writer.write(mood.text)
      return False
    return True

  async def _serve(self, reader, writer):
    task = asyncio.current_task()
    self._live.add(task)
    mood = self.mood
    data = asyncio.Queue()
    listener = None

    async def on_data(data_reader, data_writer):
      await data.put((data_reader, data_writer))

    async def say(text):
      writer.write(text.encode() + b"\r\n")

    try:
      if await self._turns(mood, "connect", reader, writer):
        return
      await say("220 Backend.")
      while line := await reader.readline():
        words = line.decode(errors="replace").split()
        verb = words[0].upper() if words else ""
        stage = verb.lower()
        if verb == "USER":
          mood = self.moods.get(words[1], self.mood)
        if await self._turns(mood, stage, reader, writer):
          return
        if mood.at == stage and mood.how in ("say", "byte-wise"):
          continue
        if verb == "USER":
          await say("331 Password.")
        elif verb == "PASS":
          await say("230 In.")
        elif verb == "EPSV" and self.lacks_epsv:
          await say("500 Unknown.")
        elif verb in ("EPSV", "PASV"):
          listener = await asyncio.start_server(on_data, "127.0.0.1", 0)
          port = listener.sockets[0].getsockname()[1]
          await say(f"229 Entering (|||{port}|)" if verb == "EPSV" else
                    f"227 Entering (127,0,0,1,{port // 256},{port % 256})")
        elif verb in ("RETR", "STOR"):
          await say("150 Go.")
          if await self._turns(mood, "150", reader, writer):
            return
          data_reader, data_writer = await data.get()
          if mood.at == "data" and mood.how == "rst":
            data_writer.write(b"x" * 1000)
            await data_writer.drain()
            reset(data_writer)
          elif mood.at == "data" and mood.how == "fin":
            data_writer.close()
          elif verb == "RETR":
            data_writer.write(SMALL)
            await data_writer.drain()
            data_writer.close()
          else:
            await data_reader.read()
            data_writer.close()
          if await self._turns(mood, "226", reader, writer):
            return
          await say("226 Done.")
        elif verb == "QUIT":
          await say("221 Bye.")
          return
        else:
          await say("200 Fine.")
    except (ConnectionError, asyncio.IncompleteReadError, ValueError):
      pass
    finally:
      if listener is not None:
        listener.close()
      writer.close()
      self._live.discard(task)


class GoodBackend:
  """pyftpdlib, in a process of its own; anonymous may read small.txt."""

  def __init__(self, folder):
    folder.mkdir()
    (folder / "small.txt").write_bytes(SMALL)
    (folder / "large.bin").write_bytes(b"l" * (64 << 20))
    self._server = socket.create_server(("127.0.0.1", 0), backlog=500)
    self.port = self._server.getsockname()[1]
    self._process = _fork.Process(target=self._run, args=(str(folder),),
                                  daemon=True)
    self._process.start()

  def _run(self, folder):
    logging.basicConfig(level=logging.WARNING)
    authorizer = authorizers.DummyAuthorizer()
    authorizer.add_anonymous(folder)

    class Handler(handlers.FTPHandler):
      pass

    Handler.authorizer = authorizer
    Handler.log_prefix = ""
    server = servers.FTPServer(self._server, Handler)
    server.max_cons = 5000
    server.serve_forever()

  def stop(self):
    self._process.kill()
    self._process.join()


class NormalClient:
  """Logs in, fetches small.txt and leaves, again and again, from an address
  of its own; a context manager. Its times are in `slowest` and `rounds`."""

  def __init__(self, port):
    self._port = port
    self._stop = _fork.Event()
    self._queue = _fork.Queue()
    self.rounds = 0
    self.slowest = 0.0
    self.failure = None

  def __enter__(self):
    self._process = _fork.Process(target=self._run, daemon=True)
    self._process.start()
    return self

  def __exit__(self, *_):
    self._stop.set()
    self.rounds, self.slowest, self.failure = self._queue.get(timeout=30)
    self._process.join()

  def _run(self):
    rounds, slowest, failure = 0, 0.0, None
    try:
      while not self._stop.is_set() or rounds == 0:
        slowest = max(slowest, self._round())
        rounds += 1
        # Else its closed connections use up the ports of this machine.
        self._stop.wait(_BETWEEN_ROUNDS)
    except Exception as error:  # pylint: disable=broad-except
      failure = repr(error)
    self._queue.put((rounds, slowest, failure))

  def _round(self):
    slowest = 0.0
    source = ("127.9.9.9", 0)
    with socket.create_connection(("127.0.0.1", self._port), timeout=10,
                                  source_address=source) as control:
      control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
      lines = control.makefile("rb")

      def want(code):
        line = lines.readline()
        assert line.startswith(code), (code, line)
        return line

      def command(text, code):
        nonlocal slowest
        started = time.monotonic()
        control.sendall(text + b"\r\n")
        line = want(code)
        slowest = max(slowest, time.monotonic() - started)
        return line

      want(b"220")
      command(b"USER anonymous", b"331")
      command(b"PASS x", b"230")
      command(b"TYPE I", b"200")
      port = int(command(b"EPSV", b"229").split(b"|||")[1].split(b"|")[0])
      with socket.create_connection(("127.0.0.1", port), timeout=10,
                                    source_address=source) as data:
        command(b"RETR small.txt", b"1")
        received = b""
        while chunk := data.recv(65536):
          received += chunk
      assert received == SMALL, len(received)
      want(b"226")
      command(b"QUIT", b"221")
    return slowest
