"""The operations of the matrix: what is asked of a client, and what must then
be true of the files on either side."""

import dataclasses
import os
import pathlib
import shutil

import content
import steps


class Wrong(AssertionError):
  """The client was content, but the files are not as they must be."""


@dataclasses.dataclass(frozen=True)
class Place:
  """The folders of one cell: the client's, and its own one on the backend."""
  local: pathlib.Path
  disk: pathlib.Path  # The backend's folder, seen from outside.
  remote: str         # The same folder, as a client names it.
  fixtures: content.Fixtures

  def source(self, fixture):
    """A fixture to upload, in the client's folder."""
    os.link(fixture.path, self.local / fixture.name)
    return fixture.name

  def store_on_backend(self, name, data):
    path = self.disk / name
    path.write_bytes(data)
    path.chmod(0o666)
    return f"{self.remote}/{name}"


@dataclasses.dataclass(frozen=True)
class Operation:
  """`prepare(place)` gives the steps and the check to make after them."""
  name: str
  kinds: frozenset  # The steps a client must be able to do.
  has_data: bool
  prepare: callable


def _must(condition, complaint):
  if not condition:
    raise Wrong(complaint)


def _same(path, data):
  found = path.read_bytes() if path.exists() else None
  _must(found is not None, f"{path.name} is not there")
  _must(found == data, f"{path.name}: {len(found)} bytes, not the "
        f"{len(data)} expected, or other ones")


def _login(_):
  return [steps.Login()], lambda: None


def _list(place):
  return [steps.List("/data", "list.out")], lambda: _names_all(
      place, "list.out")


def _name_list(place):
  return [steps.NameList("/data", "names.out")], lambda: _names_all(
      place, "names.out")


def _names_all(place, listing):
  text = (place.local / listing).read_text(errors="replace")
  for fixture in place.fixtures.all:
    _must(fixture.name in text, f"{fixture.name} is not in {listing}")


def _get(pick):
  def prepare(place):
    fixture = pick(place.fixtures)

    def check():
      path = place.local / fixture.name
      _must(path.exists(), f"{fixture.name} is not there")
      _must(path.stat().st_size == fixture.size,
            f"{path.stat().st_size} bytes, not {fixture.size}")
      _must(content.checksum(path) == fixture.sha256, "checksum differs")

    return [steps.Get(fixture.remote, fixture.name)], check

  return prepare


def _put(pick):
  def prepare(place):
    fixture = pick(place.fixtures)
    name = place.source(fixture)
    wanted = [steps.Put(name, f"{place.remote}/{name}")]
    return wanted, lambda: _same(place.disk / name, fixture.path.read_bytes())

  return prepare


def _append(place):
  small = place.fixtures.small
  name = place.source(small)
  remote = place.store_on_backend(name, b"head of the file\n")
  return [steps.Append(name, remote)], lambda: _same(
      place.disk / name, b"head of the file\n" + small.path.read_bytes())


def _resume_get(place):
  medium = place.fixtures.medium
  data = medium.path.read_bytes()
  offset = medium.size // 2 + 1
  (place.local / medium.name).write_bytes(data[:offset])
  wanted = [steps.Get(medium.remote, medium.name, offset=offset)]
  return wanted, lambda: _same(place.local / medium.name, data)


def _resume_put(place):
  medium = place.fixtures.medium
  data = medium.path.read_bytes()
  offset = medium.size // 2 + 1
  name = place.source(medium)
  remote = place.store_on_backend(name, data[:offset])
  wanted = [steps.Put(name, remote, offset=offset)]
  return wanted, lambda: _same(place.disk / name, data)


def _rename(place):
  old = place.store_on_backend("old", b"content")
  new = f"{place.remote}/new"

  def check():
    _same(place.disk / "new", b"content")
    _must(not (place.disk / "old").exists(), "the old name is still there")

  return [steps.Rename(old, new)], check


def _delete(place):
  remote = place.store_on_backend("victim", b"content")
  return [steps.Delete(remote)], lambda: _must(
      not (place.disk / "victim").exists(), "the file is still there")


def _make_directory(place):
  return [steps.MakeDirectory(f"{place.remote}/made")], lambda: _must(
      (place.disk / "made").is_dir(), "the folder is not there")


def _ascii(place):
  """Line ends may be either kind after it, all else must be the same."""
  text = place.fixtures.text

  def check():
    found = (place.local / text.name).read_bytes().replace(b"\r\n", b"\n")
    _must(found == text.path.read_bytes(), "the text differs")

  return [steps.Get(text.remote, text.name, ascii=True)], check


def _ascii_put(place):
  text = place.fixtures.text
  name = place.source(text)

  def check():
    found = (place.disk / name).read_bytes().replace(b"\r\n", b"\n")
    _must(found == text.path.read_bytes(), "the text differs")

  return [steps.Put(name, f"{place.remote}/{name}", ascii=True)], check


def _abort(place):
  """Gives up in mid-transfer; then the session (or a new one) still works."""
  small, big = place.fixtures.small, place.fixtures.big

  def check():
    with open(big.path, "rb") as source:
      start = source.read(steps.ABORT_AFTER)
    _same(place.local / "part", start)
    _same(place.local / small.name, small.path.read_bytes())

  return [steps.AbortedGet(big.remote, "part"),
          steps.Get(small.remote, small.name)], check


def _two(place):
  pair = [place.fixtures.medium, place.fixtures.small]

  def check():
    for fixture in pair:
      _same(place.local / fixture.name, fixture.path.read_bytes())

  return [steps.Get(fixture.remote, fixture.name) for fixture in pair], check


def _operation(name, kinds, prepare, has_data=True):
  return Operation(name, frozenset(kinds), has_data, prepare)


ALL = [
    _operation("login", [steps.Login], _login, has_data=False),
    _operation("list", [steps.List], _list),
    _operation("names", [steps.NameList], _name_list),
    _operation("get-0B", [steps.Get], _get(lambda files: files.empty)),
    _operation("get-1KiB", [steps.Get], _get(lambda files: files.small)),
    _operation("get-100MiB", [steps.Get], _get(lambda files: files.big)),
    _operation("put", [steps.Put],
               _put(lambda files: files.medium)),
    _operation("append", [steps.Append], _append),
    _operation("resume-get", [steps.Get], _resume_get),
    _operation("resume-put", [steps.Put], _resume_put),
    _operation("rename", [steps.Rename], _rename, has_data=False),
    _operation("delete", [steps.Delete], _delete, has_data=False),
    _operation("mkdir", [steps.MakeDirectory], _make_directory,
               has_data=False),
    _operation("ascii-get", [steps.Get], _ascii),
    _operation("ascii-put", [steps.Put], _ascii_put),
    _operation("abort", [steps.AbortedGet, steps.Get], _abort),
    _operation("two-in-a-row", [steps.Get], _two),
]

_BY_NAME = {operation.name: operation for operation in ALL}

# What TLS makes different: how a transfer begins and how it ends.
WITH_TLS = [
    _BY_NAME["list"],
    _operation("get", [steps.Get], _get(lambda files: files.medium)),
    _BY_NAME["put"],
    _BY_NAME["get-0B"],
    _operation("put-0B", [steps.Put], _put(lambda files: files.empty)),
    _BY_NAME["resume-get"],
    _BY_NAME["resume-put"],
    _BY_NAME["abort"],
]
BIG_WITH_TLS = [
    _BY_NAME["get-100MiB"],
    _operation("put-100MiB", [steps.Put], _put(lambda files: files.big)),
]


def remove(place):
  shutil.rmtree(place.local, ignore_errors=True)
  shutil.rmtree(place.disk, ignore_errors=True)
