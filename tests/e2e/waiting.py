"""Waiting for a condition, with a deadline; never for a length of time."""

import socket
import time


class Timeout(AssertionError):
  pass


def until(condition, what, seconds=10.0, every=0.005):
  """Polls until condition() is true and returns its value."""
  deadline = time.monotonic() + seconds
  while True:
    value = condition()
    if value:
      return value
    if time.monotonic() > deadline:
      raise Timeout(f"after {seconds:g} s still waiting for {what}")
    time.sleep(every)


def greets(address, port):
  """True if an FTP greeting comes from there."""
  try:
    with socket.create_connection((address, port), timeout=2) as control:
      return control.recv(3) == b"220"
  except OSError:
    return False


def answers(address, port):
  """True if an FTP server is there: it greets, or says that it has no backend."""
  try:
    with socket.create_connection((address, port), timeout=2) as control:
      return control.recv(3) in (b"220", b"421")
  except OSError:
    return False


def accepts(address, port):
  try:
    socket.create_connection((address, port), timeout=2).close()
    return True
  except OSError:
    return False
