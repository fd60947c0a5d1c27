// What the page knows of its gateway: asked for every two seconds, with rates
// and their history; and whether the gateway is there at all.
import { get, Refusal, setToken, token } from './api';
import { REFUSALS } from './alerts';
import { backoff } from './backoff';
import { millis, num } from './format';
import { difference, type Histogram, quantile } from './histogram';
import type {
  BackendRecord,
  GatewayStatus,
  ListBackendsResponse,
  ListPortsResponse,
  PortUse,
  Stats,
} from './messages';
import { History, rate } from './rates';
import { Store } from './store';

const PERIOD_MS = 2000;
// Fifteen minutes.
const LONGEST_HISTORY = 450;
// Percentiles and refusals are of the last minute.
const WINDOW_READINGS = 30;

export const SERIES = ['sessions', 'logins', 'transfers', 'down', 'up', 'login99', 'firstByte99'] as const;
export type SeriesName = (typeof SERIES)[number];

export type Link =
  | { state: 'connecting' }
  | { state: 'up' }
  // Times of this machine's clock.
  | { state: 'lost'; since: number; retryAt: number; why: string };

export interface Flow {
  down: number;
  up: number;
}

export interface Live {
  link: Link;
  // A 401: the page waits for a token. `tried`: one was given, and refused.
  tokenAsked: false | { tried: boolean };
  hasToken: boolean;
  status: GatewayStatus | null;
  backends: BackendRecord[] | null;
  flows: Readonly<Record<string, Flow>>;
  ports: PortUse | null;
  refusals: Readonly<Record<string, number>>;
  // Of the gateway's clock over this machine's.
  clockLeadMs: number;
  // Counts up with every reading: charts draw by it.
  reading: number;
  // Counts up when the gateway is there again, or a token was given: all ask.
  epoch: number;
  // What could not be had, and why, by path.
  missing: Readonly<Record<string, string>>;
}

export const live = new Store<Live>({
  link: { state: 'connecting' },
  tokenAsked: false,
  hasToken: token() !== '',
  status: null,
  backends: null,
  flows: {},
  ports: null,
  refusals: {},
  clockLeadMs: 0,
  reading: 0,
  epoch: 0,
  missing: {},
});

export const history = new History<SeriesName>(SERIES, LONGEST_HISTORY);

export function gatewayNow(): number {
  return Date.now() + live.get().clockLeadMs;
}

interface Reading {
  time: number; // seconds
  counters: Record<string, Int>;
  histograms: Map<string, Histogram>;
}
type Int = number;

const readings: Reading[] = [];

function toReading(stats: Stats): Reading {
  return {
    time: (millis(stats.time) ?? Date.now()) / 1000,
    counters: Object.fromEntries(Object.entries(stats.counters).map(([name, value]) => [name, num(value)])),
    histograms: new Map(
      stats.histograms.map((h) => [h.name, { bounds: h.bounds, counts: h.counts.map((value) => num(value)) }]),
    ),
  };
}

function percentile(name: string, from: Reading, to: Reading): number | null {
  const after = to.histograms.get(name);
  return after === undefined ? null : quantile(difference(from.histograms.get(name), after), 0.99);
}

function refusalsBetween(from: Reading, to: Reading): Record<string, number> {
  const added: Record<string, number> = {};
  for (const name of Object.keys(REFUSALS)) {
    const more = (to.counters[name] ?? 0) - (from.counters[name] ?? 0);
    if (more > 0) added[name] = more;
  }
  return added;
}

function takeStats(stats: Stats): void {
  const now = toReading(stats);
  const before = readings[readings.length - 1];
  if (before !== undefined && now.time <= before.time) return;
  if (before !== undefined && (now.counters['sessions_accepted_total'] ?? 0) < (before.counters['sessions_accepted_total'] ?? 0)) {
    readings.length = 0; // Another process: its counters begin at 0.
  }
  readings.push(now);
  if (readings.length > WINDOW_READINGS + 1) readings.shift();
  const oldest = readings[0]!;
  const perSecond = (name: string) =>
    before === undefined ? null : rate(before.counters[name] ?? 0, now.counters[name] ?? 0, now.time - before.time);
  history.push(now.time, {
    sessions: num(stats.gauges['sessions']),
    logins: perSecond('logins_total'),
    transfers: perSecond('transfers_total'),
    down: perSecond('bytes_to_clients_total'),
    up: perSecond('bytes_to_backends_total'),
    // Of what came before the page was opened nothing is known to be recent.
    login99: oldest === now ? null : percentile('login_seconds', oldest, now),
    firstByte99: oldest === now ? null : percentile('first_byte_seconds', oldest, now),
  });
  live.set({ refusals: oldest === now ? {} : refusalsBetween(oldest, now), reading: live.get().reading + 1 });
}

let flowsRead: { time: number; of: Map<string, Flow> } | null = null;

function takeBackends(records: BackendRecord[]): void {
  const time = performance.now() / 1000;
  const of = new Map<string, Flow>();
  const flows: Record<string, Flow> = {};
  for (const { backend, load } of records) {
    const now = { down: num(load?.bytesToClients), up: num(load?.bytesFromClients) };
    const before = flowsRead?.of.get(backend.id);
    const seconds = flowsRead === null ? 0 : time - flowsRead.time;
    of.set(backend.id, now);
    flows[backend.id] = {
      down: (before && rate(before.down, now.down, seconds)) ?? 0,
      up: (before && rate(before.up, now.up, seconds)) ?? 0,
    };
  }
  flowsRead = { time, of };
  live.set({ backends: records, flows });
}

function takeStatus(status: GatewayStatus): void {
  const now = millis(status.now);
  live.set({ status, clockLeadMs: now === null ? 0 : now - Date.now() });
}

// A refusal of one path takes nothing from the others; a 401 and silence do.
async function part<Answer>(path: string, take: (answer: Answer) => void): Promise<void> {
  try {
    const answer = await get<Answer>(path);
    if (path in live.get().missing) {
      const { [path]: _, ...missing } = live.get().missing;
      live.set({ missing });
    }
    take(answer);
  } catch (error) {
    if (!(error instanceof Refusal) || error.status === 401) throw error;
    live.set({ missing: { ...live.get().missing, [path]: error.message } });
  }
}

let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let asking = false;

function next(milliseconds: number): void {
  clearTimeout(timer);
  timer = setTimeout(ask, milliseconds);
}

async function ask(): Promise<void> {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  const epoch = live.get().epoch;
  try {
    await part<GatewayStatus>('/api/v1/status', takeStatus);
    await part<Stats>('/api/v1/stats', takeStats);
    await part<ListBackendsResponse>('/api/v1/backends', (answer) => takeBackends(answer.backends));
    await part<ListPortsResponse>('/api/v1/ports', (answer) => live.set({ ports: answer.gateways[0] ?? null }));
    failures = 0;
    const wasUp = live.get().link.state === 'up';
    live.set({ link: { state: 'up' }, ...(wasUp ? {} : { epoch: epoch + 1 }) });
    next(PERIOD_MS);
  } catch (error) {
    if (error instanceof Refusal) askForToken();
    else lose(error instanceof Error ? error.message : String(error));
  } finally {
    asking = false;
  }
}

function lose(why: string): void {
  failures += 1;
  const wait = backoff(failures, Math.random());
  const { link } = live.get();
  const since = link.state === 'lost' ? link.since : Date.now();
  live.set({ link: { state: 'lost', since, retryAt: Date.now() + wait, why } });
  next(wait);
}

// Nothing is asked until there is one.
function askForToken(): void {
  clearTimeout(timer);
  if (live.get().tokenAsked) return;
  live.set({ tokenAsked: { tried: token() !== '' } });
}

export function giveToken(value: string): void {
  setToken(value);
  live.set({ tokenAsked: false, hasToken: value !== '', link: { state: 'connecting' } });
  void ask();
}

// With all that was shown for it.
export function forgetToken(): void {
  setToken('');
  location.reload();
}

// Of whoever asked for something else and heard it.
export function heard401(): void {
  askForToken();
}

export function askNow(): void {
  if (!live.get().tokenAsked) void ask();
}

export function startAsking(): void {
  void ask();
  // A machine that slept, or a tab that was hidden: timers were held back.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') askNow();
  });
  window.addEventListener('online', askNow);
}
