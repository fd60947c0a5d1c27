"""Transfers that a client stretches until it is told to hurry."""

import socket
import threading
import time

import session as sessions

_PIECE = 32 * 1024
_WINDOW = 64 * 1024  # What the kernel holds for a reader that is slow.


class Pace:
  """So many seconds for a whole transfer; or what is left of it at once."""

  def __init__(self, seconds):
    self._seconds = seconds
    self._hurry = threading.Event()

  def hurry(self):
    self._hurry.set()

  def pieces(self, size):
    """Yields (offset, length)."""
    started = time.monotonic()
    for offset in range(0, size, _PIECE):
      early = started + self._seconds * offset / size - time.monotonic()
      if early > 0:
        self._hurry.wait(early)
      yield offset, min(_PIECE, size - offset)


def download(session, line, size, pace, verb="EPSV", begun=None):
  """The bytes of a file of that size, after the 226; calls begun() early."""
  received = bytearray()
  with session.transfer(verb, line) as data:
    data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW)
    data.settimeout(sessions.TIMEOUT_SECONDS)
    for _, length in pace.pieces(size):
      received += data.recv(length, socket.MSG_WAITALL)
      if begun and received:
        begun()
        begun = None
    received += sessions.read_all(data)
  session.want("226")
  return bytes(received)


def upload(session, line, payload, pace, verb="EPSV", begun=None):
  with session.transfer(verb, line) as data:
    data.settimeout(sessions.TIMEOUT_SECONDS)
    for offset, length in pace.pieces(len(payload)):
      data.sendall(payload[offset:offset + length])
      if begun:
        begun()
        begun = None
  session.want("226")
