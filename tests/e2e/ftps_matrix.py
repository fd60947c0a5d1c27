#!/usr/bin/python3
"""FTPS: real clients x kinds of TLS x real backends x legs, then scenarios.

`--direct` shows that clients and backends work with each other.
"""

import argparse
import pathlib
import re

import backends
import certificates
import content
import ftps_cells
import ftps_gateway
import ftps_scenarios
import ftps_world
import gateway
import runner
import tls_backends
import topology

_MEDIUM = 4 * content.MIB


class Matrix:
  """Runs cells against the backends of one run."""

  def __init__(self, world, jobs):
    self._world = world
    self._jobs = jobs

  def run_directly(self, cells, report):
    def target(cell):
      backend = self._world.backends[cell.backend]
      return cell.target(backend.host.ipv4, backends.PORT, backend,
                         self._world.authority.cert)

    self._run(cells, target, report)

  def run_through(self, cells, session_reuse, report):
    farms = {_farm_name(cell): self._farm(cell) for cell in cells}
    listeners = {
        f"{name}-{kind}": (name, kind)
        for name in farms for kind in ("explicit", "implicit")}
    tls = {"certificates": [ftps_gateway.pair(self._world.certificate)],
           "session_reuse": session_reuse}
    with ftps_gateway.FtpsGateway(
        self._world.hosts, self._world.binary, list(farms.values()), listeners,
        tls) as server:

      def target(cell):
        port = server.ports[f"{_farm_name(cell)}-{cell.listener}"]
        return cell.target(self._world.hosts.gateway.ipv4, port,
                           self._world.backends[cell.backend],
                           self._world.authority.cert)

      self._run(cells, target, report)
      if not server.alive():
        report.add("the gateway lives", server.log())

  def _farm(self, cell):
    legs = {}
    if cell.leg == "explicit":
      legs = {"backend_tls": {"mode": "explicit",
                              "ca": self._world.authority.cert,
                              "data_protection": cell.data_protection}}
    name = _farm_name(cell)
    farm = gateway.farm(name, [self._world.backends[cell.backend]], **legs)
    farm["backends"][0]["id"] = name  # A backend is in one farm.
    return farm

  def _run(self, cells, target, report):
    found = {}

    def check(cell):
      found[cell] = cell.run(
          target(cell), self._world.backends[cell.backend],
          self._world.hosts.work, self._world.fixtures)

    for cell, failure in runner.run_parallel(
        cells, check, self._world.hosts.client.namespace, self._jobs):
      for name, why in found.get(cell) or [(cell.name, failure)]:
        report.add(name, why)


def _farm_name(cell):
  protection = cell.data_protection if cell.leg == "explicit" else "same"
  return f"{cell.backend}-{cell.leg}-{protection}"


def parse_options():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--pinnace", type=pathlib.Path,
                      default=gateway.default_binary())
  parser.add_argument("--only", default="", metavar="REGEX",
                      help="cells and scenarios whose name matches")
  parser.add_argument("--direct", action="store_true",
                      help="what makes sense without a gateway, without it")
  parser.add_argument("--list", action="store_true")
  parser.add_argument("--jobs", type=int, default=6)
  return parser.parse_args()


def run_scenarios(world, scenarios, report):
  for scenario in scenarios:
    try:
      report.add(scenario.__name__, world.hosts.client.namespace.call(
          runner.outcome, scenario, world))
    except runner.Skipped:
      print(f"skipped {scenario.__name__}")


def main():
  options = parse_options()
  cells = ftps_cells.directly() if options.direct else ftps_cells.every()
  cells = [cell for cell in cells if re.search(options.only, cell.name)]
  scenarios = [scenario for scenario in ftps_scenarios.ALL
               if re.search(options.only, scenario.__name__)]
  if options.list:
    print("\n".join([cell.name for cell in cells] +
                    [scenario.__name__ for scenario in scenarios]))
    return 0
  report = runner.Report()
  with topology.Topology(
      [*tls_backends.KINDS, *tls_backends.APART]) as hosts:
    fixtures = content.Fixtures(hosts.work / "fixtures", medium=_MEDIUM)
    authority = certificates.Authority(hosts.work / "authority", "Test CA")
    world = ftps_world.World(
        hosts=hosts, fixtures=fixtures, binary=options.pinnace,
        backends=tls_backends.start(hosts, fixtures, authority),
        direct=options.direct, authority=authority,
        certificate=ftps_gateway.certificate(hosts, authority))
    matrix = Matrix(world, options.jobs)
    if options.direct:
      matrix.run_directly(cells, report)
    else:
      for reuses, session_reuse in ((True, "require"), (False, "prefer")):
        wanted = [cell for cell in cells if cell.reuses_session == reuses]
        broken = wanted and runner.outcome(
            matrix.run_through, wanted, session_reuse, report)
        if broken:
          report.add(f"the gateway with session_reuse {session_reuse}", broken)
    run_scenarios(world, scenarios, report)
  return report.finish("FTPS, directly" if options.direct else "FTPS")


if __name__ == "__main__":
  raise SystemExit(main())
