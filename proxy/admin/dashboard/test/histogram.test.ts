import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, quantile } from '../src/model/histogram';

const bounds = [1, 2, 4];

test('a percentile lies in a straight line within its bucket', () => {
  assert.equal(quantile({ bounds, counts: [10, 0, 0, 0] }, 0.5), 0.5);
  assert.equal(quantile({ bounds, counts: [50, 50, 0, 0] }, 0.75), 1.5);
  assert.equal(quantile({ bounds, counts: [0, 0, 100, 0] }, 0.99), 2 + 2 * 0.99);
  assert.equal(quantile({ bounds, counts: [1, 0, 1, 0] }, 0.5), 1);
});

test('what is above the last bound is at least that', () => {
  assert.equal(quantile({ bounds, counts: [1, 0, 0, 99] }, 0.99), 4);
});

test('nothing was measured: nothing is said', () => {
  assert.equal(quantile({ bounds, counts: [0, 0, 0, 0] }, 0.99), null);
  assert.equal(quantile({ bounds: [], counts: [5] }, 0.99), null);
});

test('a difference is what came between', () => {
  const before = { bounds, counts: [1, 2, 3, 4] };
  assert.deepEqual(difference(before, { bounds, counts: [2, 2, 5, 4] }).counts, [1, 0, 2, 0]);
});

test('after a restart all of it came between', () => {
  const after = { bounds, counts: [0, 1, 0, 0] };
  assert.deepEqual(difference({ bounds, counts: [1, 2, 3, 4] }, after), after);
  assert.deepEqual(difference(undefined, after), after);
  assert.deepEqual(difference({ bounds: [1], counts: [1, 1] }, after), after);
});
