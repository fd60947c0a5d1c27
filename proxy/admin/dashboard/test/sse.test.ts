import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SseParser, type StreamEvent } from '../src/model/sse';

const STREAM = ': hello\n\nid: 7\nevent: login\ndata: {"a":\ndata: 1}\n\ndata:x\r\n\r\nid: 8\n\nevent: lost\ndata: unfinished';
const EXPECTED: StreamEvent[] = [
  { id: '7', type: 'login', data: '{"a":\n1}' },
  { id: '7', type: 'message', data: 'x' },
];

test('events of a whole stream', () => {
  assert.deepEqual(new SseParser().feed(STREAM), EXPECTED);
});

test('the same, byte by byte', () => {
  const parser = new SseParser();
  const events = [...STREAM].flatMap((byte) => parser.feed(byte));
  assert.deepEqual(events, EXPECTED);
});

test('lone carriage returns end lines', () => {
  const parser = new SseParser();
  assert.deepEqual(parser.feed('data: a\r\rdata: b\r\r\n'), [{ id: '', type: 'message', data: 'a' }, { id: '', type: 'message', data: 'b' }]);
});

test('a line without end is not kept without end', () => {
  const parser = new SseParser();
  parser.feed('data: '.concat('x'.repeat(2 << 20)));
  assert.deepEqual(parser.feed('\n\ndata: y\n\n'), [{ id: '', type: 'message', data: 'y' }]);
});
