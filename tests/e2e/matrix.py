#!/usr/bin/python3
"""Real clients x real backends x data modes x operations.

What passes directly must pass through the gateway. direct.json lists what is
not possible directly; `--relearn` measures and writes it anew.
"""

import argparse
import pathlib
import re

import cells
import clients
import content
import catalog
import gateway
import runner
import topology


class Matrix:
  """The backends of one run, and the two ways to reach them."""

  def __init__(self, hosts, options):
    self._hosts = hosts
    self._options = options
    self.fixtures = content.Fixtures(hosts.work / "fixtures")
    self.backends = catalog.start_backends(
        hosts, self.fixtures, {kind: kind for kind in catalog.BACKENDS})

  def run_directly(self, wanted):
    """Yields (cell, failure)."""
    return self._run(wanted, self._directly)

  def run_through(self, server, wanted):
    def check(cell):
      backend = self.backends[cell.backend]
      target = clients.Target(
          self._hosts.gateway.address(cell.mode.family),
          server.ports[cell.backend], backend.user, backend.password)
      self._check(cell, target)

    for cell, failure in self._run(wanted, check):
      yield cell, failure and self._with_diagnosis(server, cell, failure)

  def farms(self):
    return [gateway.farm(name, [backend])
            for name, backend in self.backends.items()]

  def _with_diagnosis(self, server, cell, failure):
    alone = self._hosts.client.namespace.call(
        runner.outcome, self._directly, cell)
    directly = "fails directly too: run --relearn" if alone else (
        "passes directly")
    dead = "" if server.alive() else f"\nTHE GATEWAY IS DEAD:\n{server.log()}"
    return f"({directly}) {failure}{dead}"

  def _directly(self, cell):
    self._check(cell, cells.direct_target(self.backends[cell.backend],
                                          cell.mode))

  def _check(self, cell, target):
    cell.run(target, self.backends[cell.backend], self._hosts.work,
             self.fixtures)

  def _run(self, wanted, check):
    return runner.run_parallel(wanted, check, self._hosts.client.namespace,
                               self._options.jobs)


def learn(matrix, wanted):
  """Replaces what direct.json says of the wanted cells; returns a report."""
  report = runner.Report()
  reasons = cells.impossible_directly()
  for cell, failure in matrix.run_directly(wanted):
    reasons.pop(cell.name, None)
    report.add(cell.name, failure)
    if failure:
      reasons[cell.name] = failure.strip().splitlines()[0]
  cells.remember_impossible(reasons)
  return report


def parse_options():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--pinnace", type=pathlib.Path,
                      default=gateway.default_binary())
  parser.add_argument("--only", default="", metavar="REGEX",
                      help="cells whose name matches")
  parser.add_argument("--direct", action="store_true",
                      help="against the backends, without a gateway")
  parser.add_argument("--relearn", action="store_true",
                      help="as --direct, and write direct.json")
  parser.add_argument("--list", action="store_true")
  parser.add_argument("--jobs", type=int, default=4)
  return parser.parse_args()


def main():
  options = parse_options()
  found = [cell for cell in cells.every()
           if re.search(options.only, cell.name)]
  impossible = cells.impossible_directly()
  wanted = [cell for cell in found if cell.name not in impossible]
  if options.list:
    for cell in found:
      why = impossible.get(cell.name)
      print(cell.name + (f"  (not possible directly: {why})" if why else ""))
    return 0
  with topology.Topology(list(catalog.BACKENDS)) as hosts:
    matrix = Matrix(hosts, options)
    if options.relearn:
      return learn(matrix, found).finish("matrix, learning")
    report = runner.Report()
    if options.direct:
      for cell, failure in matrix.run_directly(wanted):
        report.add(cell.name, failure)
      return report.finish("matrix, directly")
    with gateway.Gateway(hosts, options.pinnace, matrix.farms()) as server:
      for cell, failure in matrix.run_through(server, wanted):
        report.add(cell.name, failure)
  for cell in found:
    if cell.name in impossible:
      print(f"not possible directly: {cell.name}: {impossible[cell.name]}")
  return report.finish("matrix, through the gateway")


if __name__ == "__main__":
  raise SystemExit(main())
