// A gateway's admin API with data that moves, for work on the page:
//   npm ci --ignore-scripts && node dev/mock.mjs [--port 8021] [--token T] [--viewer T] [--empty | --still]
// --empty: nothing is there. --still: two backends, and only what /mock/ is told.
// Answers as the real one does (protos/pinnace/v1, canonical JSON). Keeps
// nothing and moves no file. The page is bundled at each load.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8021' },
    token: { type: 'string', default: '' },
    viewer: { type: 'string', default: '' },
    empty: { type: 'boolean', default: false },
    still: { type: 'boolean', default: false },
  },
});
const here = dirname(dirname(fileURLToPath(import.meta.url)));
const bundle = mkdtempSync(join(tmpdir(), 'dashboard-'));

const started = Date.now() - 7_843_000;
const time = (at = Date.now()) => new Date(at).toISOString();
const pick = (list) => list[Math.floor(Math.random() * list.length)];
const between = (low, high) => low + Math.random() * (high - low);

// ---- What there is
const users = ['ann', 'bernard', 'partner-acme', 'partner-globex', 'svc-backup', 'svc-ingest', 'media', 'yuki'];
const BACKENDS = [
  ['main', 'a', '10.1.0.11:21', 'eu-1', 60], ['main', 'b', '10.1.0.12:21', 'eu-1', 60],
  ['main', 'c', '10.1.0.13:21', 'eu-2', 60], ['archive', 'vault-1', '10.1.4.21:21', 'eu-1', 0],
  ['archive', 'vault-2', '10.1.4.22:21', 'eu-2', 0],
];
const backends = BACKENDS.slice(0, options.empty ? 0 : options.still ? 2 : undefined).map(([farm, id, address, zone, maxSessions]) => ({
  farm, id, address, zone, maxSessions, draining: false, ejected: false, health: 'HEALTH_HEALTHY', trouble: '',
  total: 0, transfers: 0, failures: 0, down: 0, up: 0,
}));
const ports = Array.from({ length: options.empty ? 0 : 100 }, (_, i) => ({ port: 50000 + i, pending: 0 }));
const counters = Object.fromEntries(['sessions_accepted_total', 'logins_total', 'transfers_total', 'bytes_to_clients_total',
  'bytes_to_backends_total', 'sessions_refused_total', 'sessions_refused_banned_total', 'leases_refused_total'].map((n) => [n, 0]));
const pool = { granted: 0, claimed: 0, waited: 0, refused: 0, strangers: 3 };
const histogram = (name, bounds) => ({ name, help: name, bounds, counts: Array(bounds.length + 1).fill(0), sum: 0 });
const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const histograms = ['login_seconds', 'first_byte_seconds', 'transfer_seconds', 'lease_wait_seconds', 'backend_connect_seconds']
  .map((name) => histogram(name, seconds));
const sessions = new Map();
const pins = new Map();
const bans = new Map();
const events = [];
const readers = new Set();
let nextSession = 257;
let draining = false;
let logLevel = 'info';

function observe(name, value) {
  const h = histograms.find((one) => one.name === name);
  const bucket = h.bounds.findIndex((bound) => value <= bound);
  h.counts[bucket < 0 ? h.bounds.length : bucket] += 1;
  h.sum += value;
}

function emit(kind, fields) {
  const event = {
    number: String(events.length + 1), time: time(), kind: `KIND_${kind}`, session: '0', client: '', user: '', farm: '',
    backend: '', transfer: null, ok: true, text: '', ...fields,
  };
  events.push(event);
  for (const out of readers) out.write(frame(event));
}
const frame = (event) => `id: ${event.number}\nevent: ${event.kind.slice(5).toLowerCase()}\ndata: ${JSON.stringify(event)}\n\n`;

function log(session, kind, text) {
  session.timeline.push({ number: String(session.timeline.length + 1), time: time(), kind: `KIND_${kind}`, text });
  if (session.timeline.length > 200) session.timeline.shift();
}

function about(session) {
  return { session: String(session.id), client: session.client, user: session.user, farm: session.farm, backend: session.backend };
}

// ---- What happens
function connect(number) {
  const usable = backends.filter((b) => !b.draining && b.health === 'HEALTH_HEALTHY');
  if (usable.length === 0 || draining) return undefined;
  const backend = pick(usable);
  const host = number === undefined ? `203.0.113.${Math.floor(between(2, 60))}` : `203.0.113.${number + 101}`;
  if ([...bans.values()].some((ban) => ban.client === `${host}/32`)) {
    counters.sessions_refused_banned_total += 1;
    return undefined;
  }
  const tls = Math.random() < 0.6;
  const session = {
    id: nextSession++, user: pick(users), farm: backend.farm, backend: backend.id, backendAddress: backend.address,
    client: `${host}:${Math.floor(between(32768, 60999))}`, local: '198.51.100.9:21', listener: '0.0.0.0:2121', phase: 'ready',
    started: Date.now(), lastCommand: Date.now(), commands: 4, transfers: 0, down: 0, up: 0, transfer: null, timeline: [],
    clientTls: tls ? { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', serverName: 'ftp.example.net', subject: '' } : null,
    ends: number === undefined ? Date.now() + between(20_000, 300_000) : Infinity,
  };
  counters.sessions_accepted_total += 1;
  counters.logins_total += 1;
  backend.total += 1;
  observe('login_seconds', between(0.004, 0.03) ** (Math.random() < 0.03 ? 0.4 : 1));
  emit('SESSION_START', { client: session.client, session: String(session.id) });
  log(session, 'REPLY', '220 Pinnace ready.');
  log(session, 'COMMAND', `USER ${session.user}`);
  log(session, 'NOTE', `backend ${backend.id} chosen of farm ${backend.farm}: least sessions`);
  log(session, 'BACKEND_COMMAND', `USER ${session.user}`);
  log(session, 'BACKEND_REPLY', '331 Please specify the password.');
  log(session, 'REPLY', '331 Please specify the password.');
  log(session, 'COMMAND', 'PASS ***');
  log(session, 'BACKEND_COMMAND', 'PASS ***');
  log(session, 'BACKEND_REPLY', '230 Login successful.');
  log(session, 'REPLY', '230 Login successful.');
  emit('LOGIN', about(session));
  sessions.set(session.id, session);
  pins.set(`${backend.farm}/${host}`, {
    gateway: 'gw-1', key: `${backend.farm}/${host}`, farm: backend.farm, client: host, user: '', backend: backend.id,
    expires: time(Date.now() + 1_800_000),
  });
  return session;
}

function begin(session, path, size) {
  const upload = !path && Math.random() < 0.3;
  const lease = pick(ports);
  lease.pending += 1;
  setTimeout(() => { lease.pending -= 1; pool.claimed += 1; }, between(300, 6000));
  pool.granted += 1;
  const file = path ?? pick(['/reports/2026-11.csv', '/media/master-0042.mov', '/in/orders.xml', '/backup/db-full.dump', '/pub/README']);
  session.transfer = {
    verb: upload ? 'STOR' : 'RETR', path: file, clientMode: 'passive', backendMode: 'passive', bytes: 0,
    publicPort: lease.port, clientData: session.client.replace(/:\d+$/, `:${Math.floor(between(32768, 60999))}`),
    backendData: session.backendAddress.replace(/:\d+$/, `:${Math.floor(between(30000, 30999))}`),
    clientLocal: `10.0.0.9:${lease.port}`, backendLocal: `10.0.0.9:${Math.floor(between(32768, 60999))}`,
    started: time(), clientProtected: session.clientTls !== null, backendProtected: false,
    rate: Math.round(between(2e5, 4e7)), left: size ?? Math.round(between(1e6, 4e8)),
  };
  session.phase = 'transfer';
  session.commands += 2;
  session.lastCommand = Date.now();
  log(session, 'COMMAND', 'EPSV');
  log(session, 'REPLY', `229 Entering Extended Passive Mode (|||${lease.port}|)`);
  log(session, 'COMMAND', `${session.transfer.verb} ${file}`);
  log(session, 'NOTE', `data connections are up: ${session.transfer.clientData} and ${session.transfer.backendData}`);
  log(session, 'REPLY', '150 Ok to send data.');
  observe('first_byte_seconds', between(0.001, 0.012));
  emit('TRANSFER_START', { ...about(session), transfer: show(session).transfer });
}

function finish(session, ok, text) {
  const { transfer } = session;
  counters.transfers_total += 1;
  session.transfers += 1;
  backends.find((b) => b.id === session.backend).transfers += 1;
  observe('transfer_seconds', (Date.now() - Date.parse(transfer.started)) / 1000);
  log(session, 'REPLY', ok ? '226 Transfer complete.' : '426 Data connection lost.');
  emit('TRANSFER_END', { ...about(session), transfer: show(session).transfer, ok, text });
  session.transfer = null;
  session.phase = 'ready';
  session.lastCommand = Date.now();
}

function leave(session, text) {
  if (session.transfer) finish(session, false, text);
  sessions.delete(session.id);
  emit('SESSION_END', { ...about(session), text });
}

const TICK_MS = 250;
function tick() {
  const wanted = options.empty || options.still ? 0 : 46 + 14 * Math.sin(Date.now() / 40_000);
  while (sessions.size < wanted && Math.random() < 0.75) connect();
  for (const session of [...sessions.values()]) {
    const backend = backends.find((b) => b.id === session.backend);
    if (session.transfer) {
      const { transfer } = session;
      transfer.rate = Math.round(transfer.rate * between(0.9, 1.1));
      const moved = Math.min(transfer.left, Math.round(transfer.rate * (TICK_MS / 1000)));
      const way = transfer.verb === 'STOR' ? 'up' : 'down';
      transfer.bytes += moved;
      transfer.left -= moved;
      session[way] += moved;
      backend[way] += moved;
      counters[way === 'up' ? 'bytes_to_backends_total' : 'bytes_to_clients_total'] += moved;
      if (transfer.left <= 0) finish(session, true, '');
    } else if (backend.draining && Date.now() > session.lastCommand + 3000) {
      leave(session, 'backend drained');
    } else if (Date.now() > session.ends) {
      leave(session, 'QUIT');
    } else if (!options.still && Math.random() < 0.06) {
      begin(session);
    }
  }
}
setInterval(tick, TICK_MS);

if (!options.empty && !options.still) {
  const ban = (client, user, reason, minutes) => {
    const key = user ? `${client}/user:${user}` : client;
    bans.set(key, { key, client, user, reason, origin: 'gw-1', started: time(), expires: time(Date.now() + minutes * 60_000) });
  };
  ban('203.0.113.240/32', '', '12 failed logins', 31);
  ban('198.18.0.0/15', '', 'scanner', 900);
  ban('203.0.113.0/24', 'root', '10 failed logins', 4);
  for (let i = 0; i < 40; i += 1) connect();
}

// ---- What is answered
function show(s) {
  const transfer = s.transfer && { ...s.transfer, bytes: String(s.transfer.bytes), rate: String(s.transfer.rate) };
  if (transfer) delete transfer.left;
  return {
    gateway: 'gw-1', id: String(s.id), user: s.user, listener: s.listener, farm: s.farm, backend: s.backend, phase: s.phase,
    client: s.client, local: s.local, backendAddress: s.backendAddress, started: time(s.started), lastCommand: time(s.lastCommand),
    commands: String(s.commands), transfers: String(s.transfers), transfer, clientTls: s.clientTls, backendTls: null,
    publicAddress: '198.51.100.9', pin: `${s.farm}/${s.client.replace(/:\d+$/, '')}`, bytesToClient: String(s.down),
    bytesToBackend: String(s.up), traceId: '',
  };
}

class Refused extends Error {
  constructor(status, text) { super(text); this.status = status; }
}

const ORDERS = {
  id: (s) => s.id, user: (s) => s.user, client: (s) => s.client, backend: (s) => s.backend, farm: (s) => s.farm,
  phase: (s) => s.phase, started: (s) => s.started, last_command: (s) => s.lastCommand, commands: (s) => s.commands,
  transfers: (s) => s.transfers, bytes: (s) => s.down + s.up,
};

function listSessions(query) {
  const [field, direction] = (query.get('order_by') || 'id').split(' ');
  const key = ORDERS[field];
  if (!key || ![undefined, 'desc'].includes(direction)) throw new Refused(400, `order_by: ${query.get('order_by')}`);
  const limit = Number(query.get('limit') || 100);
  const offset = Number(query.get('offset') || 0);
  if (!(limit >= 1 && limit <= 1000)) throw new Refused(400, 'limit: 1 to 1000');
  const q = query.get('q') || '';
  const found = [...sessions.values()].filter((s) =>
    ['user', 'backend', 'farm', 'phase'].every((name) => !query.get(name) || s[name] === query.get(name)) &&
    (!q || [s.user, s.client, s.backend, s.farm, String(s.id)].some((text) => text.includes(q))));
  found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.id - b.id));
  if (direction === 'desc') found.reverse();
  return { sessions: found.slice(offset, offset + limit).map(show), silentGateways: [], total: String(found.length) };
}

function portUse() {
  const pending = ports.reduce((sum, port) => sum + port.pending, 0);
  return {
    gateway: 'gw-1', ports: ports.length, pending: String(pending), waiting: '0', grantedTotal: String(pool.granted),
    claimedTotal: String(pool.claimed), waitedTotal: String(pool.waited), refusedTotal: String(pool.refused),
    strangersTotal: String(pool.strangers), byPort: ports.map((port) => ({ port: port.port, pending: String(port.pending) })),
  };
}

const strings = (map) => Object.fromEntries(Object.entries(map).map(([name, value]) => [name, String(value)]));
const on = (id) => [...sessions.values()].filter((s) => s.backend === id).length;
const load = (b) => ({
  backend: b.id, sessions: String(on(b.id)), sessionsTotal: String(b.total), transfersTotal: String(b.transfers),
  connectFailures: String(b.failures), health: b.health, ejected: b.ejected, trouble: b.trouble, bytesToClients: String(b.down),
  bytesFromClients: String(b.up),
});
const whyNotReady = () => (draining ? 'draining' : backends.some((b) => !b.draining && b.health === 'HEALTH_HEALTHY') ? '' : 'no usable backend');
const gateway = (name, sessionCount, acked) => ({
  name, programVersion: '1.0.0', address: `10.0.0.${name.slice(-1)}:40112`, listeners: ['0.0.0.0:2121'],
  publicPorts: ['50000-50099'], started: time(started), connected: time(started), sentVersion: '42', ackedVersion: acked,
  lastError: '', sessions: String(sessionCount), draining: false, zone: 'eu-1', pins: String(pins.size), ports: null,
});

const ROUTES = [
  ['GET', /^\/api\/v1\/status$/, () => ({
    name: 'gw-1', programVersion: '1.0.0', zone: 'eu-1', started: time(started), now: time(), ready: whyNotReady() === '',
    whyNotReady: whyNotReady(), draining, listeners: ['0.0.0.0:2121', '0.0.0.0:990'], publicPorts: ports.length ? ['50000-50099'] : [],
    snapshotVersion: '42', controlPlane: { address: 'control-plane.pinnace:9021', connected: true, since: time(started), lastError: '' },
    logLevel, maxSessions: '8000',
  })],
  ['GET', /^\/api\/v1\/stats$/, () => ({
    time: time(), counters: strings(counters),
    gauges: strings({ sessions: sessions.size, pins: pins.size, bans: bans.size, public_ports: ports.length }),
    histograms: histograms.map((h) => ({ ...h, counts: h.counts.map(String) })),
  })],
  ['GET', /^\/api\/v1\/sessions$/, (_, query) => listSessions(query)],
  ['GET', /^\/api\/v1\/sessions\/(\d+)$/, (id) => show(session(id))],
  ['GET', /^\/api\/v1\/sessions\/(\d+)\/timeline$/, (id, query) => ({
    entries: session(id).timeline.filter((entry) => Number(entry.number) > Number(query.get('after') || 0)),
  })],
  ['DELETE', /^\/api\/v1\/sessions\/(\d+)$/, (id) => { leave(session(id), 'killed by the operator'); return {}; }],
  ['GET', /^\/api\/v1\/backends$/, () => ({
    backends: backends.map((b) => ({
      farm: b.farm, source: 'SOURCE_REGISTERED', version: '3', owner: 'local', load: load(b),
      backend: {
        id: b.id, address: b.address, weight: 1, zone: b.zone, capacity: 0, labels: {}, maxSessions: b.maxSessions,
        state: b.draining ? 'STATE_DRAINING' : 'STATE_UP',
      },
    })),
  })],
  ['POST', /^\/api\/v1\/backends\/([^/]+):(drain|resume)$/, (id, _, what) => {
    const b = backends.find((one) => one.id === id);
    if (!b) throw new Refused(404, `no backend ${id}`);
    b.draining = what === 'drain';
    emit('DRAIN', { farm: b.farm, backend: id, text: `backend ${id} ${b.draining ? 'drains' : 'takes sessions again'}` });
    return {};
  }],
  ['GET', /^\/api\/v1\/ports$/, () => ({ gateways: [portUse()], silentGateways: [] })],
  ['GET', /^\/api\/v1\/pins$/, (_, query) => {
    const found = [...pins.values()].filter((pin) => pin.key.includes(query.get('q') || ''));
    return { pins: found.slice(0, Number(query.get('limit') || 100)), silentGateways: [], total: String(found.length) };
  }],
  ['DELETE', /^\/api\/v1\/pins\/(.+)$/, (key) => remove(pins, key, 'pin')],
  ['GET', /^\/api\/v1\/bans$/, () => ({ bans: [...bans.values()] })],
  ['DELETE', /^\/api\/v1\/bans\/(.+)$/, (key) => {
    remove(bans, key, 'ban');
    emit('BAN', { text: `ban of ${key} lifted` });
    return {};
  }],
  ['GET', /^\/api\/v1\/gateways$/, () => ({ gateways: [gateway('gw-1', sessions.size, '42'), gateway('gw-2', 38, '41')] })],
  ['POST', /^\/api\/v1\/bans$/, (_, __, ___, body) => {
    const key = body.user ? `${body.client}/user:${body.user}` : body.client;
    bans.set(key, {
      key, client: body.client, user: body.user ?? '', reason: body.reason ?? '', origin: 'operator', started: time(),
      expires: time(Date.now() + 3_600_000),
    });
    emit('BAN', { text: `${key} banned: ${body.reason}` });
    return bans.get(key);
  }],
  // Not of the contract: what a page is to be shown.
  ['POST', /^\/mock\/health\/([^/]+)\/(good|bad)$/, (id, _, how) => {
    const b = backends.find((one) => one.id === id);
    b.health = how === 'good' ? 'HEALTH_HEALTHY' : 'HEALTH_UNHEALTHY';
    b.trouble = how === 'good' ? '' : 'login probe: connect to 10.1.0.13:21: connection refused';
    emit('BACKEND_HEALTH', { farm: b.farm, backend: id, ok: how === 'good', text: b.trouble });
    return {};
  }],
  ['POST', /^\/mock\/connect\/(\d+)$/, (number) => show(connect(Number(number)))],
  ['POST', /^\/mock\/download\/(\d+)$/, (id, query) => { begin(session(id), '/data/big.bin', Number(query.get('size') || Infinity)); return {}; }],
  ['POST', /^\/mock\/leave\/(\d+)$/, (id) => { if (sessions.has(Number(id))) leave(session(id), 'QUIT'); return {}; }],
  ['POST', /^\/mock\/refuse\/(\d+)$/, (amount) => { counters.leases_refused_total += Number(amount); pool.refused += Number(amount); return {}; }],
];

function session(id) {
  const found = sessions.get(Number(id));
  if (!found) throw new Refused(404, `no session ${id}`);
  return found;
}
function remove(map, key, what) {
  if (!map.delete(key)) throw new Refused(404, `no ${what} ${key}`);
  return {};
}

function asset(path) {
  const name = path === '/' ? 'index.html' : path.slice('/assets/'.length);
  const types = { css: 'text/css', html: 'text/html; charset=utf-8', js: 'application/javascript', svg: 'image/svg+xml' };
  if (name === 'index.html') {
    execFileSync(join(here, 'node_modules/.bin/esbuild'), [join(here, 'src/app.tsx'), join(here, 'src/theme.ts'), '--bundle',
      '--minify', '--target=es2020', `--tsconfig=${join(here, 'tsconfig.json')}`, '--log-level=warning', `--outdir=${bundle}`]);
  }
  const bytes = readFileSync(join(/^(app|theme)\./.test(name) ? bundle : join(here, 'src'), name));
  return [types[name.split('.').pop()], bytes];
}

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock');
  const answer = (status, body, type = 'application/json') => {
    response.writeHead(status, { 'Content-Type': type, 'Content-Security-Policy': POLICY });
    response.end(body);
  };
  try {
    if (request.method === 'GET' && (url.pathname === '/' || /^\/assets\/[\w.]+$/.test(url.pathname))) {
      const [type, bytes] = asset(url.pathname);
      return answer(200, bytes, type);
    }
    const token = (request.headers.authorization || '').replace('Bearer ', '');
    if (options.token && ![options.token, options.viewer].filter(Boolean).includes(token)) throw new Refused(401, 'a token is needed');
    if (options.viewer && token === options.viewer && request.method !== 'GET') throw new Refused(403, 'a viewer changes nothing');
    if (request.method === 'GET' && url.pathname === '/api/v1/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      response.write(': here\n\n');
      const last = Number(request.headers['last-event-id'] || events.length);
      for (const event of events.slice(last)) response.write(frame(event));
      readers.add(response);
      const beat = setInterval(() => response.write(': still here\n\n'), 15_000);
      return request.on('close', () => { readers.delete(response); clearInterval(beat); });
    }
    for (const [method, path, respond] of ROUTES) {
      const match = path.exec(url.pathname);
      if (!match || method !== request.method) continue;
      let body = '';
      for await (const piece of request) body += piece;
      const [, first, second] = match.map((part) => part && decodeURIComponent(part));
      return answer(200, JSON.stringify(respond(first, url.searchParams, second, body && JSON.parse(body))));
    }
    throw new Refused(404, `no such path: ${url.pathname}`);
  } catch (error) {
    return answer(error.status || 500, JSON.stringify({ error: error.message }));
  }
}).listen(Number(options.port), '127.0.0.1', function () {
  console.log(`http://127.0.0.1:${this.address().port}/`);
});
