// Rates from counters, and their history. Pure.

// Nothing when the counter went back: the gateway was started anew.
export function rate(before: number, after: number, seconds: number): number | null {
  if (seconds <= 0 || after < before) return null;
  return (after - before) / seconds;
}

// Samples of some series at the same times, the oldest first; so many at most.
export class History<Name extends string> {
  private readonly times: number[] = [];
  private readonly values = new Map<Name, (number | null)[]>();

  constructor(
    private readonly names: readonly Name[],
    private readonly longest: number,
  ) {
    for (const name of names) this.values.set(name, []);
  }

  // `time` in seconds. A time that does not go on is not taken.
  push(time: number, sample: Partial<Record<Name, number | null>>): void {
    const last = this.times[this.times.length - 1];
    if (last !== undefined && time <= last) return;
    this.times.push(time);
    for (const name of this.names) this.values.get(name)!.push(sample[name] ?? null);
    if (this.times.length <= this.longest) return;
    this.times.shift();
    for (const name of this.names) this.values.get(name)!.shift();
  }

  // Those from `from` on, as columns: times, then one for each name.
  columns(names: readonly Name[], from: number): (number | null)[][] {
    let first = this.times.findIndex((time) => time >= from);
    if (first < 0) first = this.times.length;
    return [this.times.slice(first), ...names.map((name) => this.values.get(name)!.slice(first))];
  }

  latest(name: Name): number | null {
    const column = this.values.get(name)!;
    return column[column.length - 1] ?? null;
  }
}

export interface Range {
  lowest: number;
  highest: number;
}

export function rangeOf(column: readonly (number | null)[]): Range | null {
  let range: Range | null = null;
  for (const value of column) {
    if (value === null) continue;
    range =
      range === null
        ? { lowest: value, highest: value }
        : { lowest: Math.min(range.lowest, value), highest: Math.max(range.highest, value) };
  }
  return range;
}
