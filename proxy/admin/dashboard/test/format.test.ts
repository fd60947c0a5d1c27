import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteRate, bytes, clock, count, duration, latency, millis, num, perSecond, plural, since, until } from '../src/model/format';

test('numbers come as strings, or not at all', () => {
  assert.equal(num('9007199254740991'), 9007199254740991);
  assert.equal(num(7), 7);
  for (const nothing of [undefined, null, '', 'x', NaN]) assert.equal(num(nothing), 0);
});

test('bytes have three digits and never four', () => {
  const expected: [number, string][] = [
    [0, '0 B'], [999, '999 B'], [1000, '1.00 kB'], [1240, '1.24 kB'], [12_400, '12.4 kB'],
    [99_960, '100 kB'], [999_499, '999 kB'], [999_600, '1.00 MB'], [1.5e9, '1.50 GB'],
    [2e15, '2.00 PB'], [5e18, '5000 PB'], [-3, '0 B'],
  ];
  for (const [value, text] of expected) assert.equal(bytes(value), text);
  assert.equal(byteRate(2e6), '2.00 MB/s');
});

test('counts are exact as long as they are short', () => {
  const expected: [number, string][] = [
    [0, '0'], [1234, '1,234'], [9999, '9,999'], [12_345, '12.3k'], [999_600, '1.00M'], [4_560_000, '4.56M'],
    [2e9, '2.00G'],
  ];
  for (const [value, text] of expected) assert.equal(count(value), text);
});

test('what happens now and then is not nothing', () => {
  const expected: [number, string][] = [[0, '0'], [0.01, '<0.1'], [0.4, '0.4'], [9.94, '9.9'], [17.3, '17'], [1234, '1,234']];
  for (const [value, text] of expected) assert.equal(perSecond(value), text);
});

test('latencies choose their unit', () => {
  const expected: [number, string][] = [[0, '<0.1 ms'], [0.0004, '0.4 ms'], [0.012, '12 ms'], [0.9994, '999 ms'], [1.25, '1.25 s'], [125, '2 min 5 s']];
  for (const [value, text] of expected) assert.equal(latency(value), text);
});

test('durations have two units at most', () => {
  const expected: [number, string][] = [
    [0, '0 s'], [-5, '0 s'], [999, '0 s'], [42_000, '42 s'], [60_000, '1 min'], [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'], [3_605_000, '1 h'], [443_000_000, '5 d 3 h'],
  ];
  for (const [value, text] of expected) assert.equal(duration(value), text);
});

test('times that are not set are dashes', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  assert.equal(since('2026-01-02T03:03:05.000Z', now), '1 min');
  assert.equal(since(null, now), '–');
  assert.equal(until('2026-01-02T03:05:05Z', now), '1 min');
  assert.equal(until('2026-01-02T03:04:05Z', now), 'expired');
  assert.equal(until(undefined, now), '–');
  assert.equal(millis('not a time'), null);
  // Nanoseconds, as protobuf writes them.
  assert.equal(millis('2026-01-02T03:04:05.123456789Z'), now + 123);
  assert.match(clock(now), /^\d\d:04:05$/);
  assert.equal(clock(null), '–');
});

test('one is not many', () => {
  assert.equal(plural(1, 'session'), '1 session');
  assert.equal(plural(0, 'session'), '0 sessions');
  assert.equal(plural(2, 'entry', 'entries'), '2 entries');
});
