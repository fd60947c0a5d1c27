"""Transfers that a client stretches over a given time."""

import socket
import time

import session as sessions

_PIECE = 32 * 1024
_WINDOW = 64 * 1024  # What the kernel holds for a reader that is slow.


def _pieces(size, seconds):
  """Yields (offset, length) evenly over the time: the pace, not a wait."""
  started = time.monotonic()
  for offset in range(0, size, _PIECE):
    early = started + seconds * offset / size - time.monotonic()
    if early > 0:
      time.sleep(early)
    yield offset, min(_PIECE, size - offset)


def download(session, line, size, seconds, verb="EPSV", begun=None):
  """The bytes of a file of that size, after the 226; calls begun() early."""
  received = bytearray()
  with session.transfer(verb, line) as data:
    data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW)
    data.settimeout(sessions.TIMEOUT_SECONDS)
    for _, length in _pieces(size, seconds):
      received += data.recv(length, socket.MSG_WAITALL)
      if begun and received:
        begun()
        begun = None
    received += sessions.read_all(data)
  session.want("226")
  return bytes(received)


def upload(session, line, payload, seconds, verb="EPSV", begun=None):
  with session.transfer(verb, line) as data:
    data.settimeout(sessions.TIMEOUT_SECONDS)
    for offset, length in _pieces(len(payload), seconds):
      data.sendall(payload[offset:offset + length])
      if begun:
        begun()
        begun = None
  session.want("226")
