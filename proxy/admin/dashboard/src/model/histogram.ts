// Percentiles from a histogram's buckets. Pure.

// `counts` has one more than `bounds`, for what is above the last; each is its
// own bucket's.
export interface Histogram {
  bounds: readonly number[];
  counts: readonly number[];
}

// What came between two readings of one histogram; all of `after` when they
// cannot be compared, as after a restart.
export function difference(before: Histogram | undefined, after: Histogram): Histogram {
  if (before === undefined || before.counts.length !== after.counts.length) return after;
  const counts = after.counts.map((value, bucket) => value - before.counts[bucket]!);
  return counts.some((value) => value < 0) ? after : { bounds: after.bounds, counts };
}

// The value that `share` of all lie at or under, in a straight line within its
// bucket. Nothing when there is none; the last bound for what is above it.
export function quantile(histogram: Histogram, share: number): number | null {
  const { bounds, counts } = histogram;
  const total = counts.reduce((sum, value) => sum + value, 0);
  if (total === 0 || bounds.length === 0) return null;
  const wanted = share * total;
  let under = 0;
  for (let bucket = 0; bucket < bounds.length; bucket += 1) {
    const own = counts[bucket] ?? 0;
    if (own > 0 && under + own >= wanted) {
      const low = bucket === 0 ? 0 : bounds[bucket - 1]!;
      return low + (bounds[bucket]! - low) * ((wanted - under) / own);
    }
    under += own;
  }
  return bounds[bounds.length - 1]!;
}
