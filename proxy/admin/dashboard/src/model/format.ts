// Numbers and times as people read them. Pure.

// A number of the API: a 64-bit integer comes as a string. Missing: 0.
export function num(value: string | number | null | undefined): number {
  const parsed = Number(value ?? 0);
  return Number.isFinite(parsed) ? parsed : 0;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

// Three digits at most: "0 B", "1.24 MB", "87.5 GB".
export function bytes(value: number): string {
  let scaled = Math.max(0, value);
  let unit = 0;
  // 999.5 would be rounded up to a fourth digit.
  while (scaled >= 999.5 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${threeDigits(scaled, unit === 0)} ${BYTE_UNITS[unit]}`;
}

export function byteRate(value: number): string {
  return `${bytes(value)}/s`;
}

function threeDigits(value: number, whole: boolean): string {
  if (whole || value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

// "7", "1,234", "12.3k", "4.56M".
export function count(value: number): string {
  if (value < 10_000) return Math.round(value).toLocaleString('en-US');
  for (const [unit, size] of [['k', 1e3], ['M', 1e6], ['G', 1e9]] as const) {
    if (value < size * 999.5) return threeDigits(value / size, false) + unit;
  }
  return value.toExponential(2);
}

// Of something that happens: "0", "0.4", "17", "1,234".
export function perSecond(value: number): string {
  if (value === 0) return '0';
  if (value < 0.05) return '<0.1';
  return value < 9.95 ? value.toFixed(1) : count(value);
}

// A short time, as latencies are: "0.4 ms", "12 ms", "1.25 s".
export function latency(seconds: number): string {
  const milliseconds = seconds * 1000;
  if (milliseconds < 0.05) return '<0.1 ms';
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${milliseconds.toFixed(0)} ms`;
  return seconds < 99.95 ? `${threeDigits(seconds, false)} s` : duration(milliseconds);
}

// Two units at most: "0 s", "42 s", "3 min 5 s", "2 h 10 min", "5 d 3 h".
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

export function millis(time: string | null | undefined): number | null {
  if (!time) return null;
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? null : parsed;
}

// How long ago, or "–".
export function since(time: string | null | undefined, now: number): string {
  const then = millis(time);
  return then === null ? '–' : duration(now - then);
}

// How long from now: "expired" behind it.
export function until(time: string | null | undefined, now: number): string {
  const then = millis(time);
  if (then === null) return '–';
  return then <= now ? 'expired' : duration(then - now);
}

function digits(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}

// Local time of day: "14:03:09".
export function clock(time: number | string | null | undefined): string {
  const at = typeof time === 'number' ? time : millis(time);
  if (at === null) return '–';
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((v) => digits(v)).join(':');
}

// "14:03:09.042"
export function preciseClock(time: string | null | undefined): string {
  const at = millis(time);
  return at === null ? '–' : `${clock(at)}.${digits(new Date(at).getMilliseconds(), 3)}`;
}

// Day and time, local.
export function dateTime(time: string | null | undefined): string {
  const at = millis(time);
  if (at === null) return '–';
  const date = new Date(at);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((v) => digits(v)).join('-');
  return `${day} ${clock(at)}`;
}

// "1 session", "2 sessions".
export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}

// "opening_data" to "opening data".
export function phaseName(phase: string): string {
  return phase.replaceAll('_', ' ');
}
