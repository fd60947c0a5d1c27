"""What a gateway uses: the processor time and memory of all its processes.

A cgroup v2 of its own, where one can be made, also counts processes that have
ended, to the microsecond. Otherwise /proc says it.
"""

import os
import pathlib
import re
import signal

_PROC = pathlib.Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def of_new_gateway(name):
  """A place to count in, empty as yet."""
  try:
    return CgroupUsage(_own_cgroup() / f"pinnace-bench-{os.getpid()}-{name}")
  except OSError:
    return ProcessTreeUsage()


class CgroupUsage:
  """Counts what is started through command()."""

  def __init__(self, folder):
    self._folder = folder
    folder.mkdir()
    self.cpu_seconds()  # Raises OSError where there is nothing to read.

  def command(self, *words):
    enter = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
    return ["sh", "-c", enter, str(self._folder), *words]

  def adopt(self, pid):
    pass

  def cpu_seconds(self):
    words = (self._folder / "cpu.stat").read_text().split()
    return int(words[words.index("usage_usec") + 1]) / 1e6

  def pids(self):
    return (self._folder / "cgroup.procs").read_text().split()

  def kill_all(self):
    for pid in self.pids():
      _kill(int(pid))

  def remove(self):
    self._folder.rmdir()


class ProcessTreeUsage:
  """Counts a process and its descendants.

  Of what has ended it knows only children that their parents waited for.
  """

  def __init__(self):
    self._root = None

  def command(self, *words):
    return list(words)

  def adopt(self, pid):
    self._root = str(pid)

  def cpu_seconds(self):
    return sum(_tree_cpu_seconds(pid) for pid in self.pids())

  def pids(self):
    parents = {}
    for entry in _PROC.iterdir():
      if entry.name.isdigit():
        fields = _stat(entry.name)
        if fields:
          parents.setdefault(fields[1], []).append(entry.name)
    found = [self._root] if (_PROC / str(self._root)).exists() else []
    for pid in found:
      found.extend(parents.get(pid, []))
    return found

  def kill_all(self):
    for pid in self.pids():
      _kill(int(pid))

  def remove(self):
    pass


def pss_bytes(pids):
  """Memory; a page that n processes share counts as 1/n in each."""
  total = 0
  for pid in pids:
    text = _read(_PROC / pid / "smaps_rollup")
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    total += int(match[1]) * 1024 if match else 0
  return total


def _own_cgroup():
  """The cgroup v2 of this process, beside cgroup v1 too."""
  path = re.search(r"^0::/(.*)$", _read(_PROC / "self/cgroup"), re.MULTILINE)
  for line in _read(_PROC / "self/mountinfo").splitlines():
    mount, _, kind = line.partition(" - ")
    if path and kind.startswith("cgroup2 "):
      return pathlib.Path(mount.split()[4]) / path[1]
  raise FileNotFoundError("no cgroup v2")


def _tree_cpu_seconds(pid):
  threads = sum(int((_read(thread / "schedstat") or "0").split()[0])
                for thread in _threads(pid))
  fields = _stat(pid)
  ended = int(fields[13]) + int(fields[14]) if fields else 0
  return threads / 1e9 + ended / _TICKS


def _threads(pid):
  try:
    return list((_PROC / pid / "task").iterdir())
  except OSError:
    return []


def _stat(pid):
  """The fields of proc(5) /proc/pid/stat, from `state` on."""
  return _read(_PROC / pid / "stat").rpartition(")")[2].split()


def _read(path):
  """A file of a process that may be gone."""
  try:
    return path.read_text()
  except OSError:
    return ""


def _kill(pid):
  try:
    os.kill(pid, signal.SIGKILL)
  except ProcessLookupError:
    pass
