"""What malicious backends and clients do to a gateway: each is a coroutine."""

import asyncio
import contextlib
import socket

import hostile_parts

_PATIENCE = 15  # Longer than every timeout of the gateway.
_SOURCES = [f"127.3.{number // 200}.{1 + number % 200}"
            for number in range(2000)]


class Client:
  """One FTP client that wants no particular answer."""

  def __init__(self, reader, writer):
    self.reader, self.writer = reader, writer

  @classmethod
  async def open(cls, crew, port=None, source="127.3.0.1"):
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port or crew.port, local_addr=(source, 0),
        limit=1 << 20)
    client = cls(reader, writer)
    assert (await client.reply()).startswith(b"220")
    return client

  async def reply(self):
    """The last line of a reply; b"" at the end of the connection."""
    async with asyncio.timeout(_PATIENCE):
      while True:
        try:
          line = await self.reader.readline()
        except (ConnectionError, ValueError):
          return b""
        if len(line) < 4 or line[3:4] == b" ":
          return line

  async def command(self, line):
    try:
      self.writer.write(line + b"\r\n")
      await self.writer.drain()
    except ConnectionError:
      return b""
    return await self.reply()

  async def login(self, user=b"anonymous"):
    await self.command(b"USER " + user)
    return await self.command(b"PASS x")

  async def fetch(self, verb=b"RETR"):
    """EPSV and a transfer, as far as it goes; the last reply."""
    reply = await self.command(b"EPSV")
    if not reply.startswith(b"229"):
      return reply
    port = int(reply.split(b"|||")[1].split(b"|")[0])
    source = self.writer.get_extra_info("sockname")[0]
    with contextlib.suppress(ConnectionError):
      data_reader, data_writer = await asyncio.open_connection(
          "127.0.0.1", port, local_addr=(source, 0))
      reply = await self.command(verb + b" small.txt")
      if reply.startswith(b"1"):
        with contextlib.suppress(ConnectionError):
          async with asyncio.timeout(_PATIENCE):
            if verb == b"STOR":
              data_writer.write(hostile_parts.SMALL)
              await data_writer.drain()
              data_writer.close()
            else:
              await data_reader.read()
        reply = await self.reply()
      data_writer.close()
    return reply

  def close(self):
    self.writer.close()

  def reset(self):
    hostile_parts.reset(self.writer)


async def _session(crew, verb=b"RETR", source="127.3.0.1", user="anonymous"):
  """A whole visit to the bad backend; the last reply."""
  client = await Client.open(crew, source=source)
  try:
    reply = await client.login(user.encode())
    if reply.startswith(b"230"):
      reply = await client.fetch(verb)
      await client.command(b"QUIT")
    return reply
  finally:
    client.close()


async def _moods(crew, moods, verb=b"RETR"):
  """Sessions at one time, each with one mood; their last replies. Before USER
  nobody knows whose session it will be: those come one after another."""
  users = {f"mood-{number}": mood for number, mood in enumerate(moods)
           if mood.at != "connect"}
  crew.backend.moods = users
  replies = dict(zip(users, await asyncio.gather(*(
      _session(crew, verb, _SOURCES[number], user)
      for number, user in enumerate(users)))))
  for number, mood in enumerate(moods):
    if mood.at == "connect":
      crew.backend.mood = mood
      replies[f"mood-{number}"] = await _session(crew, verb)
  crew.backend.mood = hostile_parts.Mood()
  assert crew.alive()
  return [replies[f"mood-{number}"] for number in range(len(moods))]


_STAGES = ("connect", "user", "pass", "epsv", "retr", "150", "226")


async def a_backend_that_closes_at_every_stage(crew):
  moods = [hostile_parts.Mood(stage, how) for stage in (*_STAGES, "data")
           for how in ("fin", "rst", "half a line")]
  replies = await _moods(crew, moods)
  for mood, reply in zip(moods, replies):
    whole = mood.at == "data" and mood.how in ("fin", "half a line")
    assert whole == reply.startswith(b"226"), (mood, reply)


async def a_backend_that_closes_at_every_stage_of_an_upload(crew):
  moods = [hostile_parts.Mood(stage, how)
           for stage in ("epsv", "stor", "150", "226") for how in ("fin", "rst")]
  for mood, reply in zip(moods, await _moods(crew, moods, b"STOR")):
    assert not reply.startswith(b"2"), (mood, reply)


async def a_backend_that_never_ends_its_reply(crew):
  moods = [hostile_parts.Mood(stage, how)
           for stage in ("connect", "user", "pass", "epsv", "226")
           for how in ("endless", "giant line")]
  for mood, reply in zip(moods, await _moods(crew, moods)):
    assert not reply.startswith(b"226"), (mood, reply)


async def a_backend_that_says_the_wrong_thing(crew):
  moods = [
      hostile_parts.Mood(stage, "say", text)
      for stage in ("user", "pass", "epsv", "retr") for text in (b"999 What?\r\n", b"garbage\r\n", b"\x00\xff\xf4\r\n",
                 b"150 Once.\r\n150 Twice.\r\n", b"227 No (1,2).\r\n",
                 b"229 No (|||0|)\r\n", b"229 No (|||99999|)\r\n",
                 b"226 Before its time.\r\n", b"221 Bye.\r\n", b"421 Away.\r\n")]
  replies = await _moods(crew, moods)
  for mood, reply in zip(moods, replies):
    assert reply[:3].isdigit() or not reply, (mood, reply)
    assert reply[:1] in b"2345", (mood, reply)


async def a_backend_that_speaks_byte_by_byte(crew):
  reply, = await _moods(crew, [hostile_parts.Mood(
      "pass", "byte-wise", b"230-Slow\r\n but\r\n230 sure.\r\n")])
  assert reply.startswith(b"226"), reply


async def a_backend_that_is_silent(crew):
  moods = [hostile_parts.Mood(stage, "silence")
           for stage in ("user", "epsv", "retr", "226") for _ in range(20)]
  for mood, reply in zip(moods, await _moods(crew, moods)):
    assert not reply.startswith(b"226"), (mood, reply)
  crew.backend.mood = hostile_parts.Mood("connect", "silence")
  replies = await asyncio.gather(*(
      _session(crew, source=source) for source in _SOURCES[:20]))
  assert all(reply[:3] in (b"421", b"") for reply in replies), replies


async def a_backend_that_names_a_foreign_host(crew):
  """Of its 227 only the port is believed: nobody is dialled elsewhere."""
  elsewhere = []

  async def on_elsewhere(_, writer):
    elsewhere.append(writer)
    writer.close()

  server = await asyncio.start_server(on_elsewhere, "127.66.66.66", 0)
  port = server.sockets[0].getsockname()[1]
  crew.backend.moods = {"stranger": hostile_parts.Mood(
      "pasv", "say", b"227 Over there (127,66,66,66,%d,%d).\r\n"
      % (port // 256, port % 256))}
  crew.backend.lacks_epsv = True
  reply = await _session(crew, user="stranger")
  crew.backend.lacks_epsv = False
  server.close()
  assert not reply.startswith(b"226"), reply
  assert not elsewhere, "it was dialled"


async def a_client_that_aims_elsewhere(crew):
  client = await Client.open(crew)
  try:
    await client.login()
    for line in (b"PORT 127,0,0,99,200,200", b"PORT 127,3,0,1,0,80",
                 b"PORT 127,3,0,1,3,255", b"EPRT |1|127.0.0.99|51400|"):
      reply = await client.command(line)
      assert reply == (
          b"504 " + line[:4] + b" must name your own address (127.3.0.1) and a "
          b"port of 1024 or above.\r\n"), reply
  finally:
    client.close()


async def a_client_that_leaves_at_every_stage(crew):
  for how in ("fin", "rst"):
    for stage in range(7):
      client = await Client.open(crew, source=_SOURCES[stage])
      try:
        data_writer = await _as_far_as(client, stage)
      finally:
        if how == "fin":
          client.close()
        else:
          client.reset()
      if data_writer is not None:
        hostile_parts.reset(data_writer)


async def _as_far_as(client, stage):
  """Up to the data connection, which is returned."""
  if stage == 1:
    client.writer.write(b"US")
  if stage >= 2:
    await client.command(b"USER anonymous")
  if stage >= 3:
    await client.command(b"PASS x")
  if stage < 4:
    return None
  reply = await client.command(b"EPSV")
  assert reply.startswith(b"229"), reply
  port = int(reply.split(b"|||")[1].split(b"|")[0])
  if stage >= 5:
    client.writer.write(b"RETR small.txt\r\n")
    await client.writer.drain()
  if stage == 6:
    with contextlib.suppress(ConnectionError):
      _, data_writer = await asyncio.open_connection(
          "127.0.0.1", port,
          local_addr=(client.writer.get_extra_info("sockname")[0], 0))
      return data_writer
  return None


async def _opened(count, port, sources=_SOURCES):
  """So many connections, some at a time; those that were not refused."""
  gate = asyncio.Semaphore(200)

  async def one(number):
    async with gate:
      with contextlib.suppress(OSError):
        return await asyncio.open_connection(
            "127.0.0.1", port, local_addr=(sources[number % len(sources)], 0))
    return None

  found = await asyncio.gather(*(one(number) for number in range(count)))
  return [pair for pair in found if pair is not None]


async def two_thousand_that_say_nothing(crew):
  """Slow loris: each says a byte a round, and never a whole line."""
  pairs = await _opened(2000, crew.port)
  assert len(pairs) == 2000, len(pairs)
  for _ in range(3):
    for _, writer in pairs:
      with contextlib.suppress(ConnectionError):
        writer.write(b"U")
    await asyncio.sleep(0)
  # The login timeout throws them out.
  async with asyncio.timeout(_PATIENCE):
    for reader, writer in pairs:
      with contextlib.suppress(ConnectionError):
        await reader.read()
      writer.close()


async def resets_by_the_thousand(crew):
  for port in (crew.port, *crew.public_ports[:2]):
    for _, writer in await _opened(1000, port):
      hostile_parts.reset(writer)


async def strangers_at_the_public_ports(crew):
  pairs = await _opened(2000, crew.public_ports[0])
  async with asyncio.timeout(_PATIENCE):
    for reader, writer in pairs:
      with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
      writer.close()


async def ten_thousand_commands_ahead(crew):
  """Their replies are not read until all are said; then every one is there."""
  for lines in ([b"NOOP\r\n"] * 10_000, [b"EPSV\r\n", b"NOOP\r\n"] * 500):
    client = await Client.open(crew)
    await client.login()
    writing = asyncio.ensure_future(_write_all(client, lines))
    for _ in lines:
      assert await client.reply()
    await writing
    client.close()
  # And one that never reads them.
  client = await Client.open(crew)
  await client.login()
  client.writer.write(b"NOOP\r\n" * 10_000)
  client.reset()


async def _write_all(client, lines):
  client.writer.write(b"".join(lines))
  await client.writer.drain()


async def readers_with_a_closed_window(crew):
  """Each begins a large download and takes nothing of it."""
  held = []
  for source in _SOURCES[:10]:
    client = await Client.open(crew, crew.good_port, source)
    await client.login()
    await client.command(b"TYPE I")
    reply = await client.command(b"EPSV")
    port = int(reply.split(b"|||")[1].split(b"|")[0])
    data = socket.socket()
    data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    data.bind((source, 0))
    data.connect(("127.0.0.1", port))
    assert (await client.command(b"RETR large.bin")).startswith(b"1")
    held.append((client, data))
  # transfer_stall ends them.
  for client, data in held:
    reply = await client.reply()
    assert reply.startswith((b"426", b"421")) or not reply, reply
    data.close()
    client.close()


async def a_flood_of_pasv(crew):
  async def one(source):
    client = await Client.open(crew, source=source)
    await client.login()
    for _ in range(50):
      await client.command(b"EPSV")
    client.close()

  await asyncio.gather(*(one("127.3.0.1") for _ in range(20)))


async def a_storm_of_passwords(crew):
  crew.backend.mood = hostile_parts.Mood("pass", "say", b"530 No.\r\n")

  async def one(source):
    client = await Client.open(crew, source=source)
    for _ in range(6):
      await client.command(b"USER victim")
      if not await client.command(b"PASS guess"):
        break
    client.close()

  await asyncio.gather(*(one(source) for source in _SOURCES[:100]))


ALL = [
    a_backend_that_closes_at_every_stage,
    a_backend_that_closes_at_every_stage_of_an_upload,
    a_backend_that_never_ends_its_reply,
    a_backend_that_says_the_wrong_thing,
    a_backend_that_speaks_byte_by_byte,
    a_backend_that_is_silent,
    a_backend_that_names_a_foreign_host,
    a_client_that_aims_elsewhere,
    a_client_that_leaves_at_every_stage,
    two_thousand_that_say_nothing,
    resets_by_the_thousand,
    strangers_at_the_public_ports,
    ten_thousand_commands_ahead,
    readers_with_a_closed_window,
    a_flood_of_pasv,
    a_storm_of_passwords,
]
