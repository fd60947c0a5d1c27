"""What a client can be asked to do within one session."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Login:
  """Logs in and asks something that needs no data connection."""


@dataclasses.dataclass(frozen=True)
class List:
  """A full listing of a folder into a local file."""
  folder: str
  local: str


@dataclasses.dataclass(frozen=True)
class NameList:
  folder: str
  local: str


@dataclasses.dataclass(frozen=True)
class Get:
  """Downloads into `local`, from byte `offset` (what `local` has already)."""
  remote: str
  local: str
  offset: int = 0
  ascii: bool = False


@dataclasses.dataclass(frozen=True)
class Put:
  """Uploads; with `offset` that many bytes are there already."""
  local: str
  remote: str
  offset: int = 0
  ascii: bool = False


@dataclasses.dataclass(frozen=True)
class Append:
  local: str
  remote: str


@dataclasses.dataclass(frozen=True)
class Rename:
  old: str
  new: str


@dataclasses.dataclass(frozen=True)
class Delete:
  remote: str


@dataclasses.dataclass(frozen=True)
class MakeDirectory:
  remote: str


@dataclasses.dataclass(frozen=True)
class AbortedGet:
  """Starts a download and gives it up after ABORT_AFTER bytes."""
  remote: str
  local: str


ABORT_AFTER = 4096
