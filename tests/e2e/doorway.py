"""Very many control connections from one host, and what each is told first."""

import collections
import errno
import selectors
import socket
import time

# That have no answer yet: a listen queue that overflows would cost a second.
_UNANSWERED = 256

Answer = collections.namedtuple("Answer", "text seconds connection")


def knock(address, port, count, seconds=30):
  """Opens `count` connections; an Answer for each, all still open.

  Answer.seconds is from the connect to the end of the first line.
  """
  selector = selectors.DefaultSelector()
  answers = []
  begun = 0
  deadline = time.monotonic() + seconds
  while len(answers) < count:
    while begun < count and begun - len(answers) < _UNANSWERED:
      connection = socket.socket()
      connection.setblocking(False)
      started = time.monotonic()
      error = connection.connect_ex((address, port))
      assert error in (0, errno.EINPROGRESS), errno.errorcode[error]
      selector.register(connection, selectors.EVENT_READ, [started, b""])
      begun += 1
    assert time.monotonic() < deadline, (
        f"{count - len(answers)} of {count} have no answer after {seconds} s")
    for key, _ in selector.select(1):
      started, _ = key.data
      received = key.fileobj.recv(4096)
      assert received, f"closed without a word after {key.data[1]!r}"
      key.data[1] += received
      if key.data[1].endswith(b"\n"):
        selector.unregister(key.fileobj)
        answers.append(Answer(key.data[1].decode(),
                              time.monotonic() - started, key.fileobj))
  selector.close()
  return answers
