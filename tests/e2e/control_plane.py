#!/usr/bin/python3
"""Control plane and gateways as processes of their own: registry, crashes,
outages, drains, health, routes, pins, bans, policies, admin pages. Lanes of scenarios run
side by side."""

import argparse
import functools
import pathlib
import re
import shutil
import signal
import sys
import tempfile

import admin_scenarios
import backend_drain_scenarios
import canary_scenarios
import content
import control_world
import crash_scenarios
import failover_scenarios
import fxp_scenarios
import gateway
import gateway_drain_scenarios
import guard_scenarios
import health_scenarios
import lanes
import maglev_scenarios
import outage_scenarios
import pin_scenarios
import policy_scenarios
import reflection_scenarios
import route_scenarios
import runner
import sharing_scenarios
import topology

_CREW = {name: "crew" for name in ("a", "b", "c", "d")}
_PAIR = {"left": "vsftpd", "right": "vsftpd"}

# Name: (backends, scenarios).
_LANES = {
    "outage": (_PAIR, outage_scenarios.ALL + failover_scenarios.ALL),
    "drain": (_PAIR, backend_drain_scenarios.ALL + gateway_drain_scenarios.ALL),
    "registry": (_CREW, [
        *reflection_scenarios.ALL, *crash_scenarios.ALL, *route_scenarios.ALL,
        *pin_scenarios.ALL, *maglev_scenarios.ALL, *policy_scenarios.ALL]),
    "sharing by address": (_CREW, sharing_scenarios.BY_ADDRESS),
    "sharing by user": (_CREW, sharing_scenarios.BY_USER),
    "guard": ({"a": "crew"}, guard_scenarios.ALL + fxp_scenarios.ALL),
    "admin": ({"a": "crew", "b": "crew"},
              admin_scenarios.ALL + canary_scenarios.ALL),
    "health": ({"left": "vsftpd", "moody": "moody"}, health_scenarios.ALL),
}


def parse_options():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--pinnace", type=pathlib.Path,
                      default=gateway.default_binary())
  parser.add_argument("--only", default="", metavar="REGEX")
  parser.add_argument("--list", action="store_true")
  return parser.parse_args()


def wanted_lanes(options, fixtures):
  found = []
  for name, (kinds, scenarios) in _LANES.items():
    scenarios = [scenario for scenario in scenarios
                 if re.search(options.only, scenario.__name__)]
    if scenarios:
      world = functools.partial(
          control_world.opened, options.pinnace, fixtures, kinds)
      found.append(lanes.Lane(name, world, scenarios))
  return found


def main():
  options = parse_options()
  if options.list:
    for lane in wanted_lanes(options, None):
      for scenario in lane.scenarios:
        print(f"{lane.name}: {scenario.__name__}")
    return 0
  signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
  work = pathlib.Path(tempfile.mkdtemp(prefix=topology.scratch_prefix(),
                                       dir=topology.SCRATCH))
  report = runner.Report()
  try:
    fixtures = content.Fixtures(work / "fixtures")
    for outcome in lanes.run(wanted_lanes(options, fixtures)):
      print(f"{outcome.seconds:6.1f} s  {outcome.name}", flush=True)
      report.add(outcome.name, outcome.failure)
  finally:
    shutil.rmtree(work, ignore_errors=True)
  return report.finish("control plane")


if __name__ == "__main__":
  raise SystemExit(main())
