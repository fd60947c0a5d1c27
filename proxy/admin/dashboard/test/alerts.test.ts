import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertsOf, type Facts } from '../src/model/alerts';
import type { BackendRecord, GatewayStatus, PortUse } from '../src/model/messages';

const STATUS: GatewayStatus = {
  name: 'gw', programVersion: '1', zone: '', ready: true, whyNotReady: '', draining: false, listeners: [],
  publicPorts: [], snapshotVersion: '1', logLevel: 'info', maxSessions: '0',
};
const PORTS: PortUse = {
  gateway: 'gw', ports: 4, pending: '0', waiting: '0', grantedTotal: '0', claimedTotal: '0', waitedTotal: '0',
  refusedTotal: '0', strangersTotal: '0', byPort: [],
};

function backend(id: string, change: { health?: string; ejected?: boolean; draining?: boolean; farm?: string } = {}): BackendRecord {
  return {
    farm: change.farm ?? 'main',
    backend: {
      id, address: '127.0.0.1:21', zone: '', capacity: 0, maxSessions: 0,
      state: change.draining ? 'STATE_DRAINING' : 'STATE_UP',
    },
    load: {
      backend: id, sessions: '0', sessionsTotal: '0', transfersTotal: '0', connectFailures: '0',
      health: (change.health ?? 'HEALTH_HEALTHY') as 'HEALTH_HEALTHY', ejected: change.ejected ?? false, trouble: '',
    },
  };
}

function said(change: Partial<Facts>): string[] {
  return alertsOf({ status: STATUS, backends: [backend('a')], ports: PORTS, refusals: {}, ...change })
    .map((alert) => `${alert.severity} ${alert.text}`);
}

test('all is well', () => {
  assert.deepEqual(said({}), []);
  assert.deepEqual(alertsOf({ status: null, backends: [], ports: null, refusals: {} }), []);
});

test('not ready, and why', () => {
  assert.deepEqual(said({ status: { ...STATUS, ready: false, whyNotReady: 'no usable backend' } }), ['bad Not ready: no usable backend.']);
  assert.deepEqual(said({ status: { ...STATUS, ready: false, draining: true } }), ['warn The gateway drains: it takes no new sessions.']);
});

test('a lost control plane', () => {
  const plane = { address: 'cp:9021', connected: false, lastError: '' };
  assert.deepEqual(said({ status: { ...STATUS, controlPlane: plane } }), ['warn The control plane at cp:9021 does not answer.']);
  assert.deepEqual(said({ status: { ...STATUS, controlPlane: { ...plane, connected: true } } }), []);
  assert.deepEqual(said({ status: { ...STATUS, controlPlane: { ...plane, address: '' } } }), []);
});

test('backends that are down, ejected or drained', () => {
  const down = backend('b', { health: 'HEALTH_UNHEALTHY' });
  assert.deepEqual(said({ backends: [backend('a'), down] }), ['bad 1 backend down: b.']);
  assert.deepEqual(said({ backends: [backend('a'), backend('b', { ejected: true })] }), ['warn 1 backend ejected: b.']);
  assert.deepEqual(said({ backends: [backend('a'), backend('b', { draining: true })] }), []);
  assert.deepEqual(said({ backends: [backend('a'), backend('b', { draining: true, farm: 'archive' })] }), ['bad Farm archive has no usable backend.']);
  const many = [...'bcdefg'].map((id) => backend(id, { health: 'HEALTH_UNHEALTHY' }));
  assert.deepEqual(said({ backends: [backend('a'), ...many] }), ['bad 6 backends down: b, c, d, e and 2 more.']);
});

test('the port pool', () => {
  assert.deepEqual(said({ ports: { ...PORTS, waiting: '1' } }), ['bad The port pool is exhausted: 1 session waits for a port.']);
  assert.deepEqual(said({ ports: { ...PORTS, pending: '4' } }), ['warn 4 leases wait on 4 public ports.']);
  assert.deepEqual(said({ ports: { ...PORTS, ports: 0 } }), []);
});

test('refusals are added up, and the worst alert comes first', () => {
  const refusals = { sessions_refused_banned_total: 2, leases_refused_total: 3, other_total: 9, user_sessions_refused_total: 0 };
  const alerts = alertsOf({ status: { ...STATUS, ready: false }, backends: [], ports: PORTS, refusals });
  assert.deepEqual(alerts.map((alert) => alert.severity), ['bad', 'warn']);
  assert.equal(alerts[1]!.text, '5 refusals in the last minute.');
  assert.equal(alerts[1]!.hint, '3 data connections, for want of a public port; 2 banned clients');
});
