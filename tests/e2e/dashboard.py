#!/usr/bin/python3
"""The dashboard in headless Chromium, on a gateway with real transfers."""

import argparse
import pathlib
import re

import browser
import dashboard_scenarios
import dashboard_screenshots
import dashboard_world
import gateway
import runner


def parse_options():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--pinnace", type=pathlib.Path,
                      default=gateway.default_binary())
  parser.add_argument("--only", default="", metavar="REGEX")
  parser.add_argument("--list", action="store_true")
  parser.add_argument("--mock", action="store_true",
                      help="on the development server: for work on the page")
  parser.add_argument("--screenshots", action="store_true",
                      help="writes docs/dashboard-*.png besides")
  return parser.parse_args()


def main():
  options = parse_options()
  wanted = [scenario for scenario in dashboard_scenarios.ALL
            if re.search(options.only, scenario.__name__)]
  if options.list:
    print("\n".join(scenario.__name__ for scenario in wanted))
    return 0
  report = runner.Report()
  with (dashboard_world.MockWorld() if options.mock
        else dashboard_world.LiveWorld(options.pinnace)) as world:
    with browser.Browser(world.command) as world.browser:
      for scenario in wanted:
        report.add(scenario.__name__,
                   world.call(runner.outcome, scenario, world))
      if options.screenshots:
        world.call(dashboard_screenshots.take, world)
  return report.finish("dashboard")


if __name__ == "__main__":
  raise SystemExit(main())
