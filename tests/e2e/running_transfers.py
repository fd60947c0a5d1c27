"""Transfers that run while a test does something to gateway or backend."""

import dataclasses
import threading

import content
import control_world
import throttled

_SECONDS = 120  # Of a transfer that is not told to hurry.
_BEGIN_SECONDS = 60
_VERBS = ("PASV", "EPSV", "PORT", "EPRT")


@dataclasses.dataclass
class _Running:
  session: object
  kind: str
  number: int
  failure: str = None
  done: threading.Event = dataclasses.field(default_factory=threading.Event)


class Transfers:
  """`count` of 4 MiB, half of them up; all in flight once it is made.

  They take their time until all_complete(). Each has a session of its own,
  which stays after its transfer to hear what the gateway says next.
  """

  def __init__(self, world, login, count, where="/w/running"):
    self._world = world
    self._pace = throttled.Pace(_SECONDS)
    self._where = where
    self._all = [
        _Running(login(number), "up" if number % 2 else "down", number)
        for number in range(count)]
    begun = threading.Barrier(count + 1)
    self._threads = [
        threading.Thread(target=self._run, args=(one, begun), daemon=True)
        for one in self._all]
    for thread in self._threads:
      thread.start()
    try:
      begun.wait(_BEGIN_SECONDS)
    except threading.BrokenBarrierError:
      raise AssertionError(f"not begun: {self.failures()}") from None

  def _run(self, one, begun):
    try:
      verb = _VERBS[one.number // 2 % 4]
      def in_flight():
        begun.wait(_BEGIN_SECONDS)

      if one.kind == "up":
        throttled.upload(one.session, f"STOR {self._name(one)}",
                         self.payload(one.number), self._pace, verb,
                         in_flight)
      else:
        received = throttled.download(
            one.session, "RETR /data/four.bin", control_world.FOUR_MIB,
            self._pace, verb, in_flight)
        assert (content.bytes_checksum(received) ==
                content.bytes_checksum(self._world.four_mib)), "other bytes"
    except Exception as failure:  # pylint: disable=broad-except
      one.failure = f"#{one.number} {one.kind}: {failure!r}"
      begun.abort()
    one.done.set()

  def _name(self, one):
    return f"{self._where}-{one.number}"

  def payload(self, number):
    return content.make(f"{self._where} {number}", control_world.FOUR_MIB)

  def all_run(self):
    """AssertionError if one has ended, or was cut."""
    running = sum(not one.done.is_set() for one in self._all)
    assert running == len(self._all), (
        f"only {running} of {len(self._all)} still run: {self.failures()}")

  def failures(self):
    return [one.failure for one in self._all if one.failure]

  def all_complete(self, seconds, stored_on):
    """Lets them hurry; AssertionError unless all end well and are whole."""
    self._pace.hurry()
    for thread in self._threads:
      thread.join(seconds)
    running = sum(not one.done.is_set() for one in self._all)
    assert not running, f"{running} still run"
    assert not self.failures(), (
        f"{len(self.failures())} of {len(self._all)} failed: "
        f"{self.failures()}")
    for one in self._all:
      if one.kind == "up":
        path = stored_on.root / self._name(one).lstrip("/")
        there = content.bytes_checksum(path.read_bytes())
        assert there == content.bytes_checksum(self.payload(one.number)), (
            f"{self._name(one)} differs on {stored_on.name}")

  def last_words(self, seconds):
    """What each session is told next, without having asked."""
    return [one.session.reply(timeout=seconds).strip() for one in self._all]

  def close(self):
    for one in self._all:
      one.session.close()
