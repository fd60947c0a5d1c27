"""The table of scenarios: what is done, what is measured, with which unit.

A scenario is given a Stage and returns {metric's key: value}, perhaps with a
"note"; it raises program.Failed with the reason when there is no value.
"""

import dataclasses
import functools
import time
from collections.abc import Callable

import program

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

_PARALLEL = 32
_BULK_SESSIONS = 4
_FEW_IDLE = 10
_RUN_SECONDS = 300


@dataclasses.dataclass(frozen=True)
class Amounts:
  """How much is done; --quick does little and proves only that all works."""
  transfers: int = 20_000
  logins: int = 20_000
  bulk_bytes: int = GIB
  noops: int = 20_000
  noops_in_bulk: int = 2_000
  idle_sessions: int = 8_000
  idle_seconds: int = 10
  sustain_seconds: int = 75


FULL = Amounts()
QUICK = Amounts(transfers=1_000, logins=1_000, bulk_bytes=64 * MIB,
                noops=1_000, noops_in_bulk=100, idle_sessions=400,
                idle_seconds=1, sustain_seconds=3)


@dataclasses.dataclass(frozen=True)
class Metric:
  key: str
  label: str
  more_is_better: bool = False


CPU_PER_TRANSFER = Metric("cpu_us", "gateway CPU, us per transfer")
CPU_PER_LOGIN = Metric("cpu_us", "gateway CPU, us per login")
CPU_PER_GIB = Metric("cpu_s_per_gib", "gateway CPU, s per GiB")
GIB_PER_SECOND = Metric("gib_per_s", "GiB per second", True)
TRANSFERS_PER_SECOND = Metric("per_s", "transfers per second", True)
LOGINS_PER_SECOND = Metric("per_s", "logins per second", True)
P50 = Metric("p50_us", "median, us")
P99 = Metric("p99_us", "99th percentile, us")
MEMORY = Metric("kib_per_session", "memory (PSS), KiB per session")
IDLE_CPU = Metric("cpu_percent", "gateway CPU, % of one processor")
CPU_FEW_IDLE = Metric("few_us", f"CPU us per transfer, {_FEW_IDLE} idle")
CPU_MANY_IDLE = Metric("many_us", "CPU us per transfer, many idle")
GROWTH = Metric("growth", "many / few")
ERRORS = Metric("errors", "failed transfers")


@dataclasses.dataclass(frozen=True)
class Scenario:
  name: str
  title: str
  metrics: tuple[Metric, ...]
  measure: Callable
  # Ratios are to these, in the same round.
  references: tuple[str, ...] = ("haproxy", "relay")
  # None: Pinnace and all peers asked for.
  candidates: tuple[str, ...] | None = None
  needs_gateway: bool = False
  # Load and backend then never wait for a processor.
  is_latency: bool = False
  # The backend sends from its memory and not from a file: larger pieces.
  backend_copies: bool = False
  most_rounds: int | None = None


def _work(stage, kind, **options):
  """(the load's report, CPU seconds of the gateway) for one piece of work."""
  with stage.load(kind, **options) as load:
    before = stage.cpu_seconds()
    report = load.run(options.get("seconds", 0) + _RUN_SECONDS)
    cpu_seconds = stage.cpu_seconds() - before
  stage.reports.append({"load": kind, "cpu_s": cpu_seconds, **report})
  return report, cpu_seconds


def _sound_work(stage, kind, **options):
  """As _work(); raises if more failed than may."""
  report, cpu_seconds = _work(stage, kind, **options)
  tolerated = report["units"] * stage.candidate.tolerated_failures
  if report["errors"] > tolerated or not report["units"]:
    raise program.Failed(_failures(report))
  return report, cpu_seconds


def _failures(report):
  whole = report["errors"] + report["units"]
  return f"{report['errors']} of {whole} failed: {report['first_error']}"


def _values(stage, report, cpu_values, **values):
  """What has no gateway has no CPU values."""
  if stage.has_gateway:
    values.update(cpu_values)
  if report["errors"]:
    values["note"] = _failures(report)
  return values


def _bulk(kind, stage, **options):
  report, cpu_seconds = _sound_work(
      stage, kind, mode="pasv", sessions=_BULK_SESSIONS, count=_BULK_SESSIONS,
      size=stage.amounts.bulk_bytes, **options)
  gib = report["bytes"] / GIB
  return _values(stage, report, {"cpu_s_per_gib": cpu_seconds / gib},
                 gib_per_s=gib / report["seconds"])


def _many(kind, whole, stage, **options):
  """Many small things: logins or transfers, some at a time."""
  report, cpu_seconds = _sound_work(
      stage, kind, sessions=_PARALLEL,
      count=stage.count(getattr(stage.amounts, whole)), **options)
  return _values(stage, report,
                 {"cpu_us": cpu_seconds * 1e6 / report["units"]},
                 per_s=report["units"] / report["seconds"])


def _small(kind, mode, stage):
  return _many(kind, "transfers", stage, mode=mode, size=KIB)


def _login(stage):
  return _many("login", "logins", stage)


def _noop(stage):
  return _percentiles(stage, count=stage.amounts.noops)


def _noop_in_bulk(stage):
  return _percentiles(stage, count=stage.amounts.noops_in_bulk, bulk=8)


def _percentiles(stage, **options):
  report, _ = _sound_work(stage, "noop", sessions=1, mode="pasv", realtime=1,
                          **options)
  return _values(stage, report, {}, p50_us=report["p50_us"],
                 p99_us=report["p99_us"])


def _idle(stage):
  sessions = stage.idle_sessions()
  empty = stage.memory_bytes()
  with stage.load("idle", sessions=sessions) as load:
    full = stage.memory_bytes()
    before, start = stage.cpu_seconds(), time.monotonic()
    time.sleep(stage.amounts.idle_seconds)  # What is measured.
    used, elapsed = stage.cpu_seconds() - before, time.monotonic() - start
    _end_idle(load)
  return {"kib_per_session": (full - empty) / KIB / sessions,
          "cpu_percent": 100 * used / elapsed,
          "note": f"{sessions:,} sessions"}


def _end_idle(load):
  report = load.end()
  if report["errors"]:
    raise program.Failed(f"{report['errors']} idle sessions were lost: "
                         f"{report['first_error']}")


def _flat(stage):
  """Does a transfer cost more when thousands of sessions are idle?"""
  costs = []
  sessions = stage.idle_sessions()
  for idle_sessions in (_FEW_IDLE, sessions):
    with stage.load("idle", sessions=idle_sessions) as idle:
      costs.append(_small("retr", "pasv", stage)["cpu_us"])
      _end_idle(idle)
  few, many = costs
  return {"few_us": few, "many_us": many, "growth": many / few,
          "note": f"{sessions:,} sessions"}


def _sustain(stage):
  """Longer than TIME_WAIT lasts: do the ports come back in time?"""
  report, _ = _work(stage, "retr", mode="pasv", sessions=_PARALLEL, size=KIB,
                    seconds=stage.amounts.sustain_seconds)
  return _values(stage, report, {}, errors=report["errors"],
                 per_s=report["units"] / report["seconds"])


def _transfers(name, title, kind, mode):
  return Scenario(name, f"{title}, {mode.upper()}, 32 sessions",
                  (CPU_PER_TRANSFER, TRANSFERS_PER_SECOND),
                  functools.partial(_small, kind, mode))


def _large(name, title, measure, **more):
  return Scenario(name, f"{title}, {_BULK_SESSIONS} sessions",
                  (CPU_PER_GIB, GIB_PER_SECOND), measure, **more)


_TABLE = (
    _large("bulk_retr", "large downloads by sendfile(2)",
           functools.partial(_bulk, "retr")),
    _large("bulk_retr_copied", "large downloads by send(2)",
           functools.partial(_bulk, "retr"), backend_copies=True),
    _large("bulk_stor", "large uploads by sendfile(2)",
           functools.partial(_bulk, "stor")),
    _large("bulk_stor_copied", "large uploads by send(2)",
           functools.partial(_bulk, "stor", copy=1)),
    _transfers("retr_1k_pasv", "downloads of 1 KiB", "retr", "pasv"),
    _transfers("retr_1k_epsv", "downloads of 1 KiB", "retr", "epsv"),
    _transfers("stor_1k_pasv", "uploads of 1 KiB", "stor", "pasv"),
    _transfers("list_pasv", "listings of 1 KiB", "list", "pasv"),
    Scenario("login", "connect, USER, PASS, QUIT, 32 at a time",
             (CPU_PER_LOGIN, LOGINS_PER_SECOND), _login),
    Scenario("noop", "one client's NOOPs, nothing else", (P50, P99), _noop,
             is_latency=True),
    Scenario("noop_bulk", "one client's NOOPs beside 8 downloads", (P50, P99),
             _noop_in_bulk, is_latency=True),
    Scenario("idle", "sessions that are logged in and silent",
             (MEMORY, IDLE_CPU), _idle, needs_gateway=True),
    Scenario("flat", "downloads of 1 KiB beside idle sessions",
             (GROWTH, CPU_FEW_IDLE, CPU_MANY_IDLE), _flat, references=(),
             needs_gateway=True),
    Scenario("sustain", "downloads of 1 KiB, 100 ports, longer than TIME_WAIT",
             (ERRORS, TRANSFERS_PER_SECOND), _sustain, references=(),
             most_rounds=1),
    Scenario("workers", "downloads of 1 KiB, PASV, one worker and two",
             (CPU_PER_TRANSFER, TRANSFERS_PER_SECOND),
             functools.partial(_small, "retr", "pasv"),
             references=("pinnace",), candidates=("pinnace", "pinnace2")),
)

ALL = {scenario.name: scenario for scenario in _TABLE}
