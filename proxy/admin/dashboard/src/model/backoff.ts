// How long to wait before the next try. Pure.
const FIRST_MS = 1000;
const LONGEST_MS = 15_000;

// `failures` in a row; `draw` in [0, 1) spreads the pages that lost one gateway.
export function backoff(failures: number, draw: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return whole * (0.75 + draw / 4);
}
