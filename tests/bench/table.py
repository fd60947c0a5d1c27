"""The results of a run as text."""

import scenarios
import summary

_CELL_WIDTH = 30
_REMARK_WIDTH = 100


def number(value):
  """Three digits that count."""
  if abs(value) >= 100:
    return f"{value:,.0f}"
  for limit, digits in ((10, 1), (1, 2), (0.1, 3)):
    if abs(value) >= limit:
      return f"{value:.{digits}f}"
  return f"{value:.2g}"


def text(cells):
  blocks = [_scenario(summary.Summary(cells, name), scenario)
            for name, scenario in scenarios.ALL.items()
            if any(cell["scenario"] == name for cell in cells)]
  return "Median (least - most) of the rounds; ratios within a round.\n\n" + (
      "\n".join(blocks))


def _scenario(results, scenario):
  lines = [f"{scenario.name}: {scenario.title}"]
  references = [name for name in scenario.references
                if name in results.candidates]
  for metric in scenario.metrics:
    lines.append(_row(
        metric.label, [f"{'more' if metric.more_is_better else 'less'} "
                       "is better"] + [f"/ {name}" for name in references]))
    for candidate in results.candidates:
      cells = [results.spread(candidate, metric.key)] + [
          results.ratio(candidate, name, metric.key) for name in references]
      if any(cells):
        lines.append(_row(f"  {candidate}", map(_spread, cells)))
  remarks = {}
  for candidate in results.candidates:
    for remark in results.remarks(candidate):
      remarks.setdefault(first_line(remark), []).append(candidate)
  lines.extend(f"  {', '.join(candidates)}: {remark}"
               for remark, candidates in remarks.items())
  return "\n".join(lines) + "\n"


def _row(name, cells):
  return (f"  {name:<38}" + "".join(f"{cell:<{_CELL_WIDTH}}"
                                    for cell in cells)).rstrip()


def _spread(found):
  if found is None:
    return "-"
  if found.low == found.high:
    return number(found.median)
  return (f"{number(found.median)} "
          f"({number(found.low)} - {number(found.high)})")


def first_line(remark):
  return remark.strip().splitlines()[0][:_REMARK_WIDTH]
