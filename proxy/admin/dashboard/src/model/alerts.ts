// What is wrong, in words, the worst first. Pure.
import { count, num, plural } from './format';
import type { BackendRecord, GatewayStatus, PortUse } from './messages';

export type Severity = 'bad' | 'warn';

export interface Alert {
  severity: Severity;
  text: string;
  hint: string; // what to look at, or do
}

export interface Facts {
  status: GatewayStatus | null;
  backends: readonly BackendRecord[];
  ports: PortUse | null;
  // Counter by counter, what was added in the last minute.
  refusals: Readonly<Record<string, number>>;
}

export function isDraining(record: BackendRecord): boolean {
  return record.backend.state === 'STATE_DRAINING';
}

export function isDown(record: BackendRecord): boolean {
  return record.load?.health === 'HEALTH_UNHEALTHY';
}

export function isUsable(record: BackendRecord): boolean {
  return !isDown(record) && !isDraining(record) && record.load?.ejected !== true;
}

// Counters of refusals and whom they refuse.
export const REFUSALS: Readonly<Record<string, string>> = {
  sessions_refused_total: 'sessions, for want of room or of a backend',
  sessions_refused_address_total: 'sessions of addresses that have too many',
  sessions_refused_rate_total: 'connections that came too fast',
  sessions_refused_banned_total: 'banned clients',
  sessions_refused_descriptors_total: 'sessions, for want of descriptors',
  user_sessions_refused_total: 'sessions of users who have too many',
  clients_denied_total: 'clients that a policy denies',
  leases_refused_total: 'data connections, for want of a public port',
  leases_refused_address_total: 'data connections of addresses that await too many',
};

function farmsWithout(backends: readonly BackendRecord[]): string[] {
  const farms = new Map<string, boolean>();
  for (const record of backends) {
    farms.set(record.farm, (farms.get(record.farm) ?? false) || isUsable(record));
  }
  return [...farms].filter(([, usable]) => !usable).map(([farm]) => farm);
}

function names(list: readonly string[]): string {
  const shown = list.slice(0, 4).join(', ');
  return list.length > 4 ? `${shown} and ${list.length - 4} more` : shown;
}

function ofStatus(status: GatewayStatus): Alert[] {
  const alerts: Alert[] = [];
  if (status.draining) {
    alerts.push({
      severity: 'warn',
      text: 'The gateway drains: it takes no new sessions.',
      hint: 'Running transfers end, then the process does.',
    });
  } else if (!status.ready) {
    alerts.push({
      severity: 'bad',
      text: `Not ready: ${status.whyNotReady || 'no reason given'}.`,
      hint: 'Balancers that ask /readyz send no new clients here.',
    });
  }
  const plane = status.controlPlane;
  if (plane?.address && !plane.connected) {
    alerts.push({
      severity: 'warn',
      text: `The control plane at ${plane.address} does not answer.`,
      hint: plane.lastError || 'The last snapshot stays in force; changes wait.',
    });
  }
  return alerts;
}

function ofBackends(backends: readonly BackendRecord[]): Alert[] {
  const alerts: Alert[] = [];
  for (const farm of farmsWithout(backends)) {
    alerts.push({
      severity: 'bad',
      text: `Farm ${farm} has no usable backend.`,
      hint: 'Its clients hear 421 at USER.',
    });
  }
  const down = backends.filter(isDown);
  if (down.length > 0) {
    alerts.push({
      severity: 'bad',
      text: `${plural(down.length, 'backend')} down: ${names(down.map((r) => r.backend.id))}.`,
      hint: down[0]!.load?.trouble || 'The probes of its farm fail.',
    });
  }
  const ejected = backends.filter((record) => record.load?.ejected === true && !isDown(record));
  if (ejected.length > 0) {
    alerts.push({
      severity: 'warn',
      text: `${plural(ejected.length, 'backend')} ejected: ${names(ejected.map((r) => r.backend.id))}.`,
      hint: ejected[0]!.load?.trouble || 'Sessions failed there; it is tried again by itself.',
    });
  }
  return alerts;
}

function ofPorts(ports: PortUse): Alert[] {
  const pending = num(ports.pending);
  const waiting = num(ports.waiting);
  if (waiting > 0) {
    return [
      {
        severity: 'bad',
        text: `The port pool is exhausted: ${plural(waiting, 'session')} ${waiting === 1 ? 'waits' : 'wait'} for a port.`,
        hint: 'More public ports, or fewer pending data connections of one address.',
      },
    ];
  }
  // One port can serve many clients, so this is a hint and no limit yet.
  if (ports.ports > 0 && pending >= ports.ports) {
    return [
      {
        severity: 'warn',
        text: `${count(pending)} leases wait on ${count(ports.ports)} public ports.`,
        hint: 'Clients ask for data connections and do not open them: is the data path open?',
      },
    ];
  }
  return [];
}

function ofRefusals(refusals: Facts['refusals']): Alert[] {
  const rows = Object.entries(refusals)
    .filter(([name, added]) => added > 0 && name in REFUSALS)
    .sort(([, a], [, b]) => b - a);
  if (rows.length === 0) return [];
  const total = rows.reduce((sum, [, added]) => sum + added, 0);
  return [
    {
      severity: 'warn',
      text: `${plural(total, 'refusal')} in the last minute.`,
      hint: rows.map(([name, added]) => `${count(added)} ${REFUSALS[name]}`).join('; '),
    },
  ];
}

export function alertsOf(facts: Facts): Alert[] {
  const alerts = [
    ...(facts.status ? ofStatus(facts.status) : []),
    ...ofBackends(facts.backends),
    ...(facts.ports ? ofPorts(facts.ports) : []),
    ...ofRefusals(facts.refusals),
  ];
  return [...alerts.filter((a) => a.severity === 'bad'), ...alerts.filter((a) => a.severity === 'warn')];
}
