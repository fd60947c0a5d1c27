#!/usr/bin/python3
"""Many clients, dying backends, every kind of leg, a balancer in front."""

import argparse
import pathlib
import re

import catalog
import content
import failure_scenarios
import farm_scenarios
import gateway
import leg_scenarios
import pool_scenarios
import proxy_scenarios
import rate_scenarios
import replacement_scenarios
import runner
import topology
import world as worlds

SCENARIOS = [*pool_scenarios.ALL, *failure_scenarios.ALL, *farm_scenarios.ALL,
             *leg_scenarios.ALL, *proxy_scenarios.ALL,
             *replacement_scenarios.ALL, *rate_scenarios.ALL]
_KINDS = {**{kind: kind for kind in catalog.BACKENDS},
          "left": "vsftpd", "right": "vsftpd"}


def parse_options():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--pinnace", type=pathlib.Path,
                      default=gateway.default_binary())
  parser.add_argument("--only", default="", metavar="REGEX")
  parser.add_argument("--direct", action="store_true",
                      help="what makes sense without a gateway, without it")
  parser.add_argument("--list", action="store_true")
  return parser.parse_args()


def main():
  options = parse_options()
  wanted = [scenario for scenario in SCENARIOS
            if re.search(options.only, scenario.__name__)]
  if options.list:
    print("\n".join(scenario.__name__ for scenario in wanted))
    return 0
  report = runner.Report()
  with topology.Topology(list(_KINDS)) as hosts:
    fixtures = content.Fixtures(hosts.work / "fixtures")
    world = worlds.World(
        hosts=hosts, fixtures=fixtures, binary=options.pinnace,
        backends=catalog.start_backends(hosts, fixtures, _KINDS),
        direct=options.direct)
    for scenario in wanted:
      try:
        failure = hosts.client.namespace.call(
            runner.outcome, scenario, world)
        report.add(scenario.__name__, failure)
      except runner.Skipped:
        print(f"skipped {scenario.__name__}")
  return report.finish("many clients")


if __name__ == "__main__":
  raise SystemExit(main())
