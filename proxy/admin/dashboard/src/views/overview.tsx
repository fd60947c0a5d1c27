// The state in words, what happens, and the charts.
import { alertsOf, isUsable } from '../model/alerts';
import { eventList } from '../model/event_stream';
import { byteRate, bytes, clock, count, latency, num, perSecond, phaseName, plural } from '../model/format';
import { live } from '../model/live';
import type { GatewayEvent } from '../model/messages';
import { useStore } from '../model/store';
import { useState } from 'preact/hooks';
import { Chart } from './chart';
import { Card, Empty, Icon, type IconName, type Tone } from './parts';

function Condition() {
  const state = useStore(live, (value) => value);
  const { status, backends, ports, refusals, missing } = state;
  const alerts = alertsOf({ status, backends: backends ?? [], ports, refusals });
  const usable = (backends ?? []).filter(isUsable).length;
  const failed = Object.entries(missing);
  return (
    <Card id="overview" title="State" class="condition" aside={
      <span class="quiet">{alerts.length > 0 ? plural(alerts.length, 'alert') : status ? 'no alerts' : ''}</span>
    }>
      <div class="scroll" tabIndex={0} role="region" aria-label="Alerts">
        <ul class="alerts" aria-live="polite">
          {alerts.map((alert) => (
            <li key={alert.text} class={`alert ${alert.severity}`}>
              <Icon name={alert.severity} />
              <div>
                <p>{alert.text}</p>
                <p class="quiet">{alert.hint}</p>
              </div>
            </li>
          ))}
          {failed.map(([path, why]) => (
            <li key={path} class="alert warn">
              <Icon name="warn" />
              <div>
                <p>{path} is not answered.</p>
                <p class="quiet">{why}</p>
              </div>
            </li>
          ))}
          {status && alerts.length === 0 && (
            <li class="alert good">
              <Icon name="ok" />
              <div>
                <p>All is well.</p>
                <p class="quiet">
                  New clients are welcome; {usable === backends?.length ? 'every backend is in use' : 'a drained backend takes none'}.
                </p>
              </div>
            </li>
          )}
        </ul>
        <dl class="totals">
          <div>
            <dt>Backends usable</dt>
            <dd>{backends ? `${usable} of ${backends.length}` : '–'}</dd>
          </div>
          <div>
            <dt>Public ports</dt>
            <dd>{ports ? count(ports.ports) : '–'}</dd>
          </div>
          <div>
            <dt>Snapshot</dt>
            <dd>{status ? `version ${status.snapshotVersion}` : '–'}</dd>
          </div>
        </dl>
      </div>
    </Card>
  );
}

function describe(event: GatewayEvent): { icon: IconName; tone: Tone; text: string } {
  const who = event.user || event.client || 'a client';
  switch (event.kind) {
    case 'KIND_SESSION_START':
      return { icon: 'idle', tone: 'calm', text: `${event.client} connected` };
    case 'KIND_LOGIN':
      return { icon: 'ok', tone: 'good', text: `${who} logged in on ${event.backend}` };
    case 'KIND_SESSION_END':
      return { icon: 'close', tone: 'calm', text: `${who} left${event.text ? `: ${phaseName(event.text)}` : ''}` };
    case 'KIND_TRANSFER_START':
      return { icon: isUpload(event) ? 'up' : 'down', tone: 'calm', text: `${who} began ${transferWords(event)}` };
    case 'KIND_TRANSFER_END':
      return {
        icon: event.ok ? (isUpload(event) ? 'up' : 'down') : 'bad',
        tone: event.ok ? 'good' : 'bad',
        text: event.ok
          ? `${who} ended ${transferWords(event)}, ${bytes(num(event.transfer?.bytes))}`
          : `${transferWords(event)} of ${who} failed${event.text ? `: ${event.text}` : ''}`,
      };
    case 'KIND_BACKEND_HEALTH':
      return {
        icon: event.ok ? 'ok' : 'bad',
        tone: event.ok ? 'good' : 'bad',
        text: `Backend ${event.backend} ${event.ok ? 'is well' : 'is not well'}${event.text ? `: ${event.text}` : ''}`,
      };
    case 'KIND_DRAIN':
      return { icon: 'pause', tone: 'warn', text: event.text || `Drain of ${event.backend || 'the gateway'}` };
    case 'KIND_BAN':
      return { icon: 'lock', tone: 'warn', text: event.text || `Ban of ${event.client}` };
    case 'KIND_GAP':
      return { icon: 'warn', tone: 'warn', text: event.text || 'Some events were lost' };
    case 'KIND_UNSPECIFIED':
      return { icon: 'idle', tone: 'calm', text: event.text };
  }
  return { icon: 'idle', tone: 'calm', text: event.text || event.kind };
}

function isUpload(event: GatewayEvent): boolean {
  return /^(STOR|STOU|APPE)$/.test(event.transfer?.verb ?? '');
}

function transferWords(event: GatewayEvent): string {
  return `${event.transfer?.verb ?? 'a transfer'} ${event.transfer?.path ?? ''}`.trim();
}

function Activity() {
  const events = useStore(eventList, (value) => value.events);
  return (
    <Card id="activity" title="Activity" class="activity" aside={<span class="quiet">newest first</span>}>
      <div class="scroll" tabIndex={0} role="region" aria-label="Activity, newest first">
        {events.length === 0 && (
          <Empty title="Nothing happened yet">Logins, transfers and changes of backends show here when they happen.</Empty>
        )}
        <ol class="events">
          {events.map((event) => {
            const { icon, tone, text } = describe(event);
            return (
              <li key={`${event.number} ${event.time}`} title={text}>
                <time>{clock(event.time)}</time>
                <span class={`tone ${tone}`}>
                  <Icon name={icon} />
                </span>
                <span class="text">{text}</span>
              </li>
            );
          })}
        </ol>
      </div>
    </Card>
  );
}

const WINDOWS = [
  [2, '2 min'],
  [5, '5 min'],
  [15, '15 min'],
] as const;

export function Overview() {
  const [minutes, setMinutes] = useState(5);
  const max = useStore(live, (value) => num(value.status?.maxSessions));
  return (
    <div class="overview">
      <div class="windows" role="group" aria-label="Time that the charts show">
        {WINDOWS.map(([value, name]) => (
          <button key={value} type="button" aria-pressed={minutes === value} onClick={() => setMinutes(value)}>
            {name}
          </button>
        ))}
      </div>
      <Condition />
      <Chart title="Sessions" minutes={minutes} format={count} whole
        note={max > 0 ? `of ${count(max)} at most` : 'connected now'}
        series={[{ name: 'sessions', label: 'now', colour: 'chart-1', filled: true }]} />
      <Chart title="Throughput" minutes={minutes} format={byteRate} axis={bytes} note="all transfers"
        series={[
          { name: 'down', label: 'to clients', colour: 'chart-1', filled: true },
          { name: 'up', label: 'to backends', colour: 'chart-2' },
        ]} />
      <Activity />
      <Chart title="Logins and transfers" minutes={minutes} format={perSecond} note="a second"
        series={[
          { name: 'logins', label: 'logins', colour: 'chart-2' },
          { name: 'transfers', label: 'transfers', colour: 'chart-1', filled: true },
        ]} />
      <Chart title="Latency, p99" minutes={minutes} format={latency} axis={(value) => (value === 0 ? '0' : latency(value))} note="of the last minute"
        series={[
          { name: 'login99', label: 'login', colour: 'chart-3' },
          { name: 'firstByte99', label: 'first byte', colour: 'chart-1' },
        ]} />
    </div>
  );
}
