"""The files that tests move: made from a seed, known by their checksum."""

import dataclasses
import hashlib
import os
import random

KIB = 1024
MIB = 1024 * KIB
BIG = 100 * MIB


def make(seed, size):
  """`size` bytes that no other seed gives."""
  return random.Random(seed).randbytes(size)


def text(seed, lines):
  words = random.Random(seed)
  return "".join(
      f"line {number} {words.getrandbits(64):x}\n" for number in range(lines)
  ).encode()


def checksum(path):
  with open(path, "rb") as handle:
    return hashlib.file_digest(handle, "sha256").hexdigest()


def bytes_checksum(data):
  return hashlib.sha256(data).hexdigest()


@dataclasses.dataclass(frozen=True)
class Fixture:
  """A file that every backend has under /data, and the client as a source."""
  name: str
  path: os.PathLike
  size: int
  sha256: str

  @property
  def remote(self):
    return f"/data/{self.name}"


class Fixtures:
  """All of them, made once in `folder`, hard-linked wherever needed."""

  def __init__(self, folder, medium=MIB):
    folder.mkdir()
    self._folder = folder
    self.empty = self._write("empty.bin", b"")
    self.small = self._write("small.bin", make(1, KIB))
    self.medium = self._write("medium.bin", make(2, medium))
    self.big = self._write("big.bin", make(3, BIG))
    self.text = self._write("text.txt", text(4, 500))
    self.all = [self.empty, self.small, self.medium, self.big, self.text]

  def _write(self, name, data):
    path = self._folder / name
    path.write_bytes(data)
    return Fixture(name, path, len(data), bytes_checksum(data))

  def install(self, root):
    """Puts /data (read) and /w (write) into a backend's root."""
    (root / "data").mkdir(parents=True)
    for fixture in self.all:
      os.link(fixture.path, root / "data" / fixture.name)
    (root / "w").mkdir()
    (root / "w").chmod(0o777)
