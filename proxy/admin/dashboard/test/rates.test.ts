import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff } from '../src/model/backoff';
import { History, rangeOf, rate } from '../src/model/rates';

test('a rate is what was added a second', () => {
  assert.equal(rate(10, 30, 2), 10);
  assert.equal(rate(10, 10, 2), 0);
});

test('there is no rate over a restart, or over no time', () => {
  assert.equal(rate(30, 10, 2), null);
  assert.equal(rate(10, 30, 0), null);
  assert.equal(rate(10, 30, -1), null);
});

test('history keeps so many samples and all columns alike', () => {
  const history = new History(['a', 'b'], 3);
  assert.equal(history.latest('a'), null);
  for (let time = 1; time <= 5; time += 1) history.push(time, time % 2 ? { a: time, b: null } : { a: time });
  history.push(5, { a: 99 }); // Time does not go on.
  history.push(4, { a: 99 });
  assert.deepEqual(history.columns(['a', 'b'], 0), [[3, 4, 5], [3, 4, 5], [null, null, null]]);
  assert.deepEqual(history.columns(['a'], 4), [[4, 5], [4, 5]]);
  assert.deepEqual(history.columns(['a'], 6), [[], []]);
  assert.equal(history.latest('a'), 5);
});

test('a range leaves out what is not known', () => {
  assert.deepEqual(rangeOf([null, 3, 1, null, 2]), { lowest: 1, highest: 3 });
  assert.equal(rangeOf([null]), null);
});

test('the wait grows, is spread, and has an end', () => {
  assert.equal(backoff(1, 0), 750);
  assert.ok(backoff(1, 0.999) < 1000);
  assert.equal(backoff(3, 0), 3000);
  assert.equal(backoff(50, 0), 11_250);
});
