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
    """Yields (cell, failure); clients are on the client host."""
    def check(cell):
      address = self._hosts.gateway.address(cell.mode.family)
      self._check(cell, self._through(server, cell, address))

    for cell, failure in self._run(wanted, check):
      yield cell, failure and self._with_diagnosis(server, cell, failure)

  def run_through_loopback(self, server, wanted):
    """The same for clients on the gateway's host, which meet it at ::1."""
    def check(cell):
      self._check(cell, self._through(server, cell, "::1"))

    for cell, failure in self._run(wanted, check, self._hosts.gateway):
      yield cell, failure and self._with_diagnosis(server, cell, failure)

  def _through(self, server, cell, address):
    backend = self.backends[cell.backend]
    return clients.Target(address, server.ports[cell.backend], backend.user,
                          backend.password)

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

  def _run(self, wanted, check, host=None):
    namespace = (host or self._hosts.client).namespace
    return runner.run_parallel(wanted, check, namespace, self._options.jobs)


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
      ipv6 = [cell for cell in wanted if cell.mode.family == 6]
      for cell, failure in matrix.run_through_loopback(server, ipv6):
        report.add(f"::1/{cell.name}", failure)
  for cell in found:
    if cell.name in impossible:
      print(f"not possible directly: {cell.name}: {impossible[cell.name]}")
  return report.finish("matrix, through the gateway")


if __name__ == "__main__":
  raise SystemExit(main())
