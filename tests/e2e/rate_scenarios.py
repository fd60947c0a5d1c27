"""Bytes a second: of all sessions, of one user's, changed while they run."""

import contextlib
import threading
import time

import session as sessions
import waiting

_SECONDS = 10
_SESSIONS = 10
_RATE = 4_000_000
_MOST_OFF = 0.05
_MOST_UNEVEN = 1.2


def user_rate_is_kept_shared_evenly_and_changed(world):
  """Ten sessions of one user: each has a tenth, and all of a new rate at once."""
  world.needs_gateway()
  with world.serve([world.farm("main", "left", "right")]) as server:
    _set_rate(server, _RATE)
    with contextlib.ExitStack() as stack:
      downloads = [stack.enter_context(_Download(world, server, number))
                   for number in range(_SESSIONS)]
      time.sleep(1)  # The burst is over; what follows is measured.
      before = [download.received for download in downloads]
      time.sleep(_SECONDS)
      moved = [download.received - start
               for download, start in zip(downloads, before)]
      _is_close(sum(moved) / _SECONDS, _RATE)
      assert max(moved) / min(moved) < _MOST_UNEVEN, f"not evenly: {moved}"

      _set_rate(server, 3 * _RATE)
      time.sleep(1)
      before = sum(download.received for download in downloads)
      time.sleep(3)
      after = sum(download.received for download in downloads)
      _is_close((after - before) / 3, 3 * _RATE)


def rate_of_all_sessions(world):
  """In both directions, of sessions of different clients."""
  world.needs_gateway()
  limits = {"rate": {"download": 3_000_000, "upload": 2_000_000}}
  with world.serve([world.farm("main", "left", "right")],
                   limits=limits) as server:
    with contextlib.ExitStack() as stack:
      downloads = [stack.enter_context(_Download(world, server, number))
                   for number in range(3)]
      time.sleep(0.5)
      before = sum(download.received for download in downloads)
      started = time.monotonic()
      with world.session(server) as one:
        # A burst of half a megabyte, the rest at 2 MB a second.
        one.upload("STOR /w/slow", bytes(4_500_000))
        seconds = time.monotonic() - started
        one.quit()
      after = sum(download.received for download in downloads)
      assert 1.9 < seconds < 2.6, f"4.5 MB in {seconds:.2f} s"
      _is_close((after - before) / seconds, 3_000_000)


def upload_past_its_bound_is_no_file(world):
  world.needs_gateway()
  with world.serve([world.farm("main", "left")]) as server:
    server.ctl("policy", "set", "small", "--max-upload-bytes", "1000000")
    with world.session(server) as one:
      def is_bounded():
        one.send("ALLO 1000001")
        return one.reply().startswith("552")

      waiting.until(is_bounded, "the policy to hold")
      one.upload("STOR /w/fits", bytes(1_000_000))
      with one.transfer("EPSV", "STOR /w/too-large") as data:
        with contextlib.suppress(ConnectionError):
          data.sendall(bytes(3_000_000))
        reply = one.want("552")
      assert "more than 1000000 bytes" in reply, reply
      one.command("NOOP", "200")
      one.quit()
    left = world.backends["left"].root / "w" / "too-large"
    assert not left.exists() or left.stat().st_size <= 1_000_000, (
        f"{left.stat().st_size} bytes have reached the backend")


class _Download:
  """Reads a file in a thread of its own, and counts."""

  def __init__(self, world, server, number):
    self._session = world.session(server, source=world.address(number))
    self._data = self._session.transfer("EPSV", "RETR /data/big.bin")
    self._data.settimeout(sessions.TIMEOUT_SECONDS)
    self.received = 0
    self._thread = threading.Thread(target=self._read, daemon=True)

  def __enter__(self):
    self._thread.start()
    return self

  def __exit__(self, *_):
    self._data.close()
    self._session.close()
    self._thread.join()

  def _read(self):
    with contextlib.suppress(OSError):
      while chunk := self._data.recv(1 << 18):
        self.received += len(chunk)


def _set_rate(server, rate):
  server.ctl("policy", "set", "fair", "--user-rate-download", str(rate),
             "--user-rate-burst", "65536")


def _is_close(measured, wanted):
  off = abs(measured - wanted) / wanted
  print(f"{measured:.0f} of {wanted} bytes a second", flush=True)
  assert off < _MOST_OFF, f"{measured:.0f} bytes a second, not {wanted}"


ALL = [
    user_rate_is_kept_shared_evenly_and_changed,
    rate_of_all_sessions,
    upload_past_its_bound_is_no_file,
]
