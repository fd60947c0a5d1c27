#!/usr/bin/python3
"""Malicious backends and clients against a gateway. Each scenario runs until
it has taken what it takes once, and then again: after that memory, descriptors and
gauges are as before, and a normal client has been served meanwhile."""

import argparse
import asyncio
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.request

import gateway
import hostile_parts
import hostile_scenarios
import runner
import waiting

_MOST_MILLISECONDS = 100
_MOST_WARM_UPS = 4
_MOST_ROUNDS = 3
_WARM_UP_SECONDS = 1
_GAUGES = ("pinnace_sessions", "pinnace_leases_pending",
           "pinnace_leases_waiting", "pinnace_backend_sessions")


def free_ports(count):
  sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
  ports = [opened.getsockname()[1] for opened in sockets]
  for opened in sockets:
    opened.close()
  return ports


class Crew:
  """What a scenario is given: the gateway's ports, and the bad backend."""

  def __init__(self, folder, binary, good):
    self.backend = hostile_parts.Backend()
    self._folder, self._binary, self._good = folder, binary, good
    self._process = None

  async def start(self):
    await self.backend.start()
    ports = free_ports(2 + 2 + 8)
    self.port, self.good_port = ports[:2]
    self.public_ports = ports[4:]
    self._admin = f"http://127.0.0.1:{ports[3]}"
    config = {
        "gateway": {
            "workers": 2,
            "listeners": [
                {"address": f"127.0.0.1:{self.port}", "farm": "bad"},
                {"address": f"127.0.0.1:{self.good_port}", "farm": "good"}],
            "public_ports": [str(port) for port in self.public_ports],
            "timeouts": {"login": "2s", "backend_connect": "1s",
                         "backend_reply": "1s", "data_connect": "1s",
                         "transfer_stall": "1s", "lease_wait": "1s"},
            "probe_interval": "0s",
        },
        "control_plane": {"listen": f"127.0.0.1:{ports[2]}",
                          "store": f"sqlite:{self._folder}/pinnace.db"},
        "admin": {"listen": self._admin.removeprefix("http://")},
        "farms": [
            {"name": "bad", "outlier_ejection": {"connect_failures": 100,
                                                 "data_failures": 100},
             "failover": {"budget": "1s"},
             "backends": [{"id": "bad",
                           "address": f"127.0.0.1:{self.backend.port}"}]},
            {"name": "good",
             "backends": [{"id": "good",
                           "address": f"127.0.0.1:{self._good.port}"}]}],
    }
    path = self._folder / "pinnace.yaml"
    path.write_text(json.dumps(config))
    log = open(self._folder / "log", "wb")  # pylint: disable=consider-using-with
    self._process = subprocess.Popen(  # pylint: disable=consider-using-with
        [str(self._binary), "serve", "--config", str(path)],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    await asyncio.to_thread(waiting.until, self._ready, "the gateway")

  def _ready(self):
    assert self.alive(), (self._folder / "log").read_text()[-2000:]
    return waiting.greets("127.0.0.1", self.good_port)

  def alive(self):
    return self._process.poll() is None

  def stop(self):
    if self._process is not None:
      self._process.kill()
      self._process.wait()

  def metrics(self):
    with urllib.request.urlopen(f"{self._admin}/metrics", timeout=10) as page:
      return page.read().decode()

  def gauges(self):
    text = self.metrics()
    return {name: sum(float(value) for value in re.findall(
        rf"^{name}(?:\{{.*\}})? ([0-9.e+]+)$", text, re.M)) for name in _GAUGES}

  def resident(self):
    status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])

  def descriptors(self):
    return len(os.listdir(f"/proc/{self._process.pid}/fd"))

  async def settle(self):
    def quiet():
      assert self.alive(), (self._folder / "log").read_text()[-2000:]
      return not any(self.gauges().values())

    try:
      await asyncio.to_thread(waiting.until, quiet, "all gauges to be zero")
    except waiting.Timeout as error:
      raise AssertionError(f"{error}: {self.gauges()}") from None


async def _round(crew, scenario):
  await scenario(crew)
  crew.backend.mood, crew.backend.moods = hostile_parts.Mood(), {}
  await crew.settle()


async def _run(crew, scenario):
  # What is taken once, and kept; also by the worker that has had no session yet.
  started = time.monotonic()
  for _ in range(_MOST_WARM_UPS):
    await _round(crew, scenario)
    if time.monotonic() - started > _WARM_UP_SECONDS:
      break
  levels = [crew.resident()]
  descriptors = crew.descriptors()
  # Sessions fall to the workers by chance: one may get more than ever before.
  # What leaks grows each time.
  while len(levels) == 1 or (levels[-1] > 1.1 * levels[-2] and
                             len(levels) <= _MOST_ROUNDS):
    with hostile_parts.NormalClient(crew.good_port) as normal:
      await _round(crew, scenario)
    levels.append(crew.resident())
    assert normal.failure is None, f"the normal client: {normal.failure}"
    slowest = 1000 * normal.slowest
    assert slowest < _MOST_MILLISECONDS, f"a command took {slowest:.0f} ms"
  print(f"  {scenario.__name__}: {normal.rounds} rounds of a normal client, "
        f"slowest command {slowest:.0f} ms; KiB: {levels}", flush=True)
  assert levels[-1] <= 1.1 * levels[-2], f"KiB in memory: {levels}"

  def as_before():
    # Pipes of the relays are kept for later ones.
    return crew.descriptors() <= descriptors + 32

  await asyncio.to_thread(waiting.until, as_before, "descriptors to be closed")


def parse_options():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--pinnace", type=pathlib.Path,
                      default=gateway.default_binary())
  parser.add_argument("--only", default="", metavar="REGEX")
  return parser.parse_args()


async def _all(options, folder, good):
  report = runner.Report()
  crew = Crew(folder, options.pinnace, good)
  try:
    await crew.start()
    for scenario in hostile_scenarios.ALL:
      if not re.search(options.only, scenario.__name__):
        continue
      started = time.monotonic()
      failure = None
      try:
        await asyncio.wait_for(_run(crew, scenario), 60)
      except Exception as error:  # pylint: disable=broad-except
        failure = f"{type(error).__name__}: {error}"
      report.add(scenario.__name__, failure)
      print(f"{time.monotonic() - started:6.1f} s  {scenario.__name__}",
            flush=True)
  finally:
    crew.stop()
  return report.finish("hostile crew")


def main():
  options = parse_options()
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    good = hostile_parts.GoodBackend(folder / "good")
    try:
      return asyncio.run(_all(options, folder, good))
    finally:
      good.stop()


if __name__ == "__main__":
  raise SystemExit(main())
