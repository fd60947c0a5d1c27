// A live line chart (uPlot), with what it shows in words.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { clock } from '../model/format';
import { history, live, type SeriesName } from '../model/live';
import { rangeOf } from '../model/rates';
import { useStore } from '../model/store';

const HEIGHT = 150;

interface Line {
  name: SeriesName;
  label: string;
  colour: string; // a token of styles.css
  filled?: boolean;
}

interface Props {
  title: string;
  note: string;
  minutes: number;
  format: (value: number) => string;
  axis?: (value: number) => string;
  whole?: boolean; // only whole numbers on the axis
  series: Line[];
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function options(props: Props, width: number, minutes: () => number, onHover: (index: number | null) => void): uPlot.Options {
  const axis = props.axis ?? props.format;
  const grid = { stroke: () => token('chart-grid'), width: 1 };
  const font = `11px ${token('font') || 'sans-serif'}`;
  return {
    width,
    height: HEIGHT,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: {
        time: true,
        // What the clock says, and not the samples: the line comes in from the right.
        range: (plot) => {
          const times = plot.data[0];
          const end = times[times.length - 1] ?? Date.now() / 1000;
          return [end - minutes() * 60, end];
        },
      },
      y: {
        range: (_plot, _low, high) => [0, Number.isFinite(high) && high > 0 ? high * 1.15 : 1],
      },
    },
    axes: [
      {
        stroke: () => token('quiet'),
        grid: { show: false },
        ticks: { show: false },
        font,
        size: 24,
        space: 70,
        values: (_plot, splits) => splits.map((time) => clock(time * 1000).slice(0, minutes() > 4 ? 5 : 8)),
      },
      {
        stroke: () => token('quiet'),
        grid,
        ticks: { show: false },
        font,
        size: 62,
        space: 26,
        ...(props.whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] } : {}),
        values: (_plot, splits) => splits.map((value) => axis(value)),
      },
    ],
    series: [
      {},
      ...props.series.map((line): uPlot.Series => ({
        label: line.label,
        stroke: () => token(line.colour),
        width: 1.75,
        points: { show: false },
        ...(line.filled ? { fill: () => token(`${line.colour}-fill`) } : {}),
      })),
    ],
    hooks: {
      setCursor: [(plot) => onHover(plot.cursor.idx ?? null)],
    },
  };
}

// In words, for those who do not see it.
function describe(props: Props, columns: (number | null)[][]): string {
  const parts = props.series.map((line, number) => {
    const column = columns[number + 1]!;
    const range = rangeOf(column);
    const now = column[column.length - 1] ?? null;
    if (range === null) return `${line.label}: nothing yet`;
    return (
      `${line.label}: ${now === null ? 'nothing' : props.format(now)} now, ` +
      `between ${props.format(range.lowest)} and ${props.format(range.highest)}`
    );
  });
  return `${props.title} over the last ${props.minutes} minutes. ${parts.join('; ')}.`;
}

export function Chart(props: Props) {
  const reading = useStore(live, (value) => value.reading);
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const minutes = useRef(props.minutes);
  minutes.current = props.minutes;
  const [hovered, setHovered] = useState<number | null>(null);

  const columns = useMemo(() => {
    const names = props.series.map((line) => line.name);
    const all = history.columns(names, 0);
    const end = all[0]![all[0]!.length - 1] ?? 0;
    return history.columns(names, (end ?? 0) - props.minutes * 60);
  }, [reading, props.minutes]);

  useEffect(() => {
    const element = box.current!;
    const made = new uPlot(
      options(props, element.clientWidth, () => minutes.current, setHovered),
      [[], ...props.series.map(() => [])],
      element,
    );
    plot.current = made;
    // uPlot's canvas would keep the card from getting narrower: it lies in a box of its own.
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizes.observe(element);
    const theme = new MutationObserver(() => made.redraw(false, true));
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      sizes.disconnect();
      theme.disconnect();
      made.destroy();
    };
  }, []);

  useEffect(() => {
    plot.current?.setData(columns as uPlot.AlignedData);
  }, [columns]);

  const shown = hovered !== null && hovered < columns[0]!.length ? hovered : columns[0]!.length - 1;
  const values = props.series.map((line, number) => ({ line, value: columns[number + 1]![shown] ?? null }));
  const few = columns[0]!.length < 2;
  return (
    <figure class="card chart">
      <figcaption>
        <h2>{props.title}</h2>
        <span class="quiet">{hovered !== null && shown >= 0 ? clock((columns[0]![shown] ?? 0) * 1000) : props.note}</span>
        <dl class="values">
          {values.map(({ line, value }) => (
            <div key={line.name}>
              <dt>
                <span class={`swatch ${line.colour}`} />
                {line.label}
              </dt>
              <dd>{value === null ? '–' : props.format(value)}</dd>
            </div>
          ))}
        </dl>
      </figcaption>
      <div class="plot" role="img" aria-label={describe(props, columns)}>
        <div class="plot-box" ref={box} />
        {few && <p class="plot-wait">Measuring…</p>}
      </div>
    </figure>
  );
}
