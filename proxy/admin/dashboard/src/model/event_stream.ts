// /api/v1/events, read with fetch: an EventSource sends no token.
import { headers } from './api';
import { backoff } from './backoff';
import { heard401, live } from './live';
import type { GatewayEvent } from './messages';
import { SseParser } from './sse';
import { Store } from './store';

const LONGEST_LIST = 100;
// A comment comes every 15 s: silence of so long is a lost connection.
const SILENCE_MS = 40_000;

type Listener = (event: GatewayEvent) => void;
const listeners = new Set<Listener>();

// The newest first.
export const eventList = new Store<{ events: GatewayEvent[] }>({ events: [] });

export function onEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let pending: GatewayEvent[] = [];

// Many events are one change of the list.
function take(event: GatewayEvent): void {
  if (pending.length === 0) {
    setTimeout(() => {
      const events = [...pending.reverse(), ...eventList.get().events].slice(0, LONGEST_LIST);
      pending = [];
      eventList.set({ events });
    }, 200);
  }
  pending.push(event);
  if (pending.length > LONGEST_LIST) pending.shift();
  for (const listener of [...listeners]) listener(event);
}

let lastId = '';

async function read(abort: AbortController): Promise<number> {
  let silence = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    const response = await fetch('/api/v1/events', {
      headers: { ...headers(), Accept: 'text/event-stream', ...(lastId ? { 'Last-Event-ID': lastId } : {}) },
      cache: 'no-store',
      credentials: 'omit',
      signal: abort.signal,
    });
    if (!response.ok || response.body === null) return response.status;
    const parser = new SseParser();
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 200;
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE_MS);
      for (const event of parser.feed(decoder.decode(value, { stream: true }))) {
        if (event.id) lastId = event.id;
        try {
          take(JSON.parse(event.data) as GatewayEvent);
        } catch {
          // Not one of ours.
        }
      }
    }
  } finally {
    clearTimeout(silence);
  }
}

// Follows the gateway through restarts and tokens, for as long as the page is.
export function followEvents(): void {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort: AbortController | null = null;
  let epoch = -1;
  let started: string | null | undefined;

  const open = async () => {
    clearTimeout(timer);
    const mine = new AbortController();
    abort = mine;
    let status = 0;
    try {
      status = await read(mine);
    } catch {
      // Broken off; tried again below.
    }
    if (abort !== mine) return; // Another one was opened.
    abort = null;
    if (status === 401) {
      heard401();
      return; // The next epoch opens it.
    }
    failures = status === 200 ? 0 : failures + 1;
    timer = setTimeout(open, backoff(failures, Math.random()));
  };

  live.subscribe(() => {
    const now = live.get();
    if (now.epoch === epoch || now.link.state !== 'up') return;
    epoch = now.epoch;
    failures = 0;
    const former = abort;
    // A gateway that was started anew counts events from 1.
    if (now.status?.started !== started) lastId = '';
    started = now.status?.started;
    abort = null;
    former?.abort();
    void open();
  });
}
