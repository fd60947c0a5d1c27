"""Cells of a run to medians, spread, and ratios within a round."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Spread:
  median: float
  low: float
  high: float


def spread(values):
  """None if there are no values."""
  if not values:
    return None
  return Spread(statistics.median(values), min(values), max(values))


class Summary:
  """The cells of one scenario: dicts as run.py makes them."""

  def __init__(self, cells, scenario_name):
    self._cells = [cell for cell in cells
                   if cell["scenario"] == scenario_name]
    self.candidates = list(dict.fromkeys(
        cell["candidate"] for cell in sorted(
            self._cells, key=lambda cell: cell["place"])))

  def values(self, candidate, key):
    """{round: value} where there is one."""
    return {cell["round"]: cell["values"][key] for cell in self._cells
            if cell["candidate"] == candidate and key in cell["values"]}

  def spread(self, candidate, key):
    return spread(list(self.values(candidate, key).values()))

  def ratio(self, candidate, reference, key):
    """Of what was measured in the same round."""
    ours, theirs = (self.values(name, key) for name in (candidate, reference))
    return spread([value / theirs[number] for number, value in ours.items()
                   if theirs.get(number, 0) > 0])

  def remarks(self, candidate):
    """Why numbers are missing, and what is to be known of the others."""
    return list(dict.fromkeys(
        remark for cell in self._cells if cell["candidate"] == candidate
        for remark in (cell["error"], cell["note"]) if remark))
