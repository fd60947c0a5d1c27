#!/usr/bin/python3
"""Draws the charts of docs/performance from the JSON of a run.

charts.py RESULTS.json [FOLDER]. Needs Debian's python3-matplotlib.
"""

import dataclasses
import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
# pylint: disable=wrong-import-position
from matplotlib import pyplot

import scenarios
import summary
import table

_FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs/performance"
_COLORS = {"pinnace": "#0b6e99", "pinnace2": "#5aa9c9"}
_PEER_COLOR = "#b8bcc2"
# A bar this many times as long as Pinnace's is broken off, with a gap in it.
_LONGEST = 4
_PANELS_IN_ROW = 2


@dataclasses.dataclass(frozen=True)
class Chart:
  name: str
  title: str
  # (scenario, metric) each.
  panels: tuple[tuple[str, scenarios.Metric], ...]


_SMALL = ("retr_1k_pasv", "retr_1k_epsv", "stor_1k_pasv", "list_pasv")

CHARTS = (
    Chart("large_files", "Large files",
          tuple((name, metric)
                for metric in (scenarios.CPU_PER_GIB, scenarios.GIB_PER_SECOND)
                for name in ("bulk_retr", "bulk_retr_copied",
                             "bulk_stor_copied"))),
    Chart("small_files", "What a small transfer costs",
          tuple((name, scenarios.CPU_PER_TRANSFER) for name in _SMALL)),
    Chart("small_files_rate", "Small transfers in a second",
          tuple((name, scenarios.TRANSFERS_PER_SECOND) for name in _SMALL)),
    Chart("logins", "Logins", (("login", scenarios.CPU_PER_LOGIN),
                               ("login", scenarios.LOGINS_PER_SECOND))),
    Chart("latency", "From NOOP to its reply",
          tuple((name, metric) for name in ("noop", "noop_bulk")
                for metric in (scenarios.P50, scenarios.P99))),
    Chart("idle_sessions", "Idle sessions",
          (("idle", scenarios.MEMORY), ("flat", scenarios.GROWTH))),
    Chart("workers", "One worker and two",
          (("workers", scenarios.CPU_PER_TRANSFER),
           ("workers", scenarios.TRANSFERS_PER_SECOND))),
)


def draw(chart, cells, folder):
  """Returns the file, or None if the run has nothing for it."""
  panels = [(name, metric, summary.Summary(cells, name))
            for name, metric in chart.panels]
  panels = [panel for panel in panels if panel[2].candidates]
  if not panels:
    return None
  rows = -(-len(panels) // _PANELS_IN_ROW)
  figure, axes = pyplot.subplots(
      rows, _PANELS_IN_ROW, figsize=(9, 0.6 + 2.1 * rows), squeeze=False,
      layout="constrained")
  figure.suptitle(chart.title, fontweight="bold")
  for place, axis in enumerate(axes.flat):
    if place < len(panels):
      _draw_panel(axis, *panels[place])
    else:
      axis.set_visible(False)
  file = folder / f"{chart.name}.svg"
  figure.savefig(file, metadata={"Date": None, "Creator": None})
  pyplot.close(figure)
  return file


def _draw_panel(axis, name, metric, results):
  spreads = {candidate: results.spread(candidate, metric.key)
             for candidate in results.candidates}
  spreads = {candidate: found for candidate, found in spreads.items() if found}
  edge = _edge(spreads)
  for row, (candidate, found) in enumerate(spreads.items()):
    color = _COLORS.get(candidate, _PEER_COLOR)
    if found.high > edge:
      end = 1.1 * edge
      axis.barh(row, end, color=color)
      axis.barh(row, 0.02 * edge, left=1.03 * edge, color="white")
    else:
      end = found.high
      axis.barh(row, max(found.median, 0), color=color)
      axis.plot([found.low, found.high], [row, row], color="black",
                linewidth=1)
    axis.text(end + edge / 60, row, table.number(found.median), va="center",
              fontsize=8)
  axis.set_yticks(range(len(spreads)), spreads, fontsize=8)
  axis.invert_yaxis()
  axis.set_xlim(0, 1.3 * edge)
  axis.tick_params(axis="x", labelsize=8)
  axis.spines[["top", "right"]].set_visible(False)
  better = "more" if metric.more_is_better else "less"
  axis.set_title(f"{name}: {metric.label} ({better} is better)", fontsize=9,
                 loc="left")


def _edge(spreads):
  """Where the axis ends: long bars must not make all others short."""
  highs = [found.high for found in spreads.values()]
  if "pinnace" in spreads:
    most = _LONGEST * spreads["pinnace"].high
    highs = [high for high in highs if high <= most]
  return max(highs, default=1) or 1


def main():
  if len(sys.argv) not in (2, 3):
    raise SystemExit("usage: charts.py RESULTS.json [FOLDER]")
  results = json.loads(pathlib.Path(sys.argv[1]).read_text())
  if results["quick"]:
    raise SystemExit("the numbers of a --quick run mean nothing")
  folder = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else _FOLDER
  folder.mkdir(parents=True, exist_ok=True)
  # The same results give the same bytes.
  pyplot.rcParams.update({"svg.hashsalt": "pinnace", "svg.fonttype": "none"})
  for chart in CHARTS:
    file = draw(chart, results["cells"], folder)
    if file:
      print(file)


if __name__ == "__main__":
  main()
