// Every farm and its backends.
import { request, step } from '../model/api';
import { isDown, isDraining, isUsable } from '../model/alerts';
import { confirm } from '../model/confirm';
import { byteRate, count, num, plural } from '../model/format';
import { type Flow, live } from '../model/live';
import type { BackendRecord } from '../model/messages';
import { useStore } from '../model/store';
import { Badge, Card, Empty, Icon } from './parts';

const NO_FLOW: Flow = { down: 0, up: 0 };

function drain(id: string): void {
  confirm({
    title: `Drain backend ${id}?`,
    text:
      'It gets no new sessions. After the grace of its farm idle sessions end between two commands; ' +
      'running transfers have until the deadline.',
    action: 'Drain',
    danger: true,
    run: () => request('POST', `/api/v1/backends/${step(id)}:drain`),
    done: `Backend ${id} drains.`,
  });
}

function resume(id: string): void {
  confirm({
    title: `Resume backend ${id}?`,
    text: 'It gets new sessions again at once.',
    action: 'Resume',
    danger: false,
    run: () => request('POST', `/api/v1/backends/${step(id)}:resume`),
    done: `Backend ${id} takes sessions again.`,
  });
}

function HealthBadge({ record }: { record: BackendRecord }) {
  if (isDown(record)) return <Badge tone="bad">Down</Badge>;
  if (record.load?.ejected) return <Badge tone="warn">Ejected</Badge>;
  if (record.load?.health === 'HEALTH_HEALTHY') return <Badge tone="good">Healthy</Badge>;
  return <Badge tone="calm">Not probed</Badge>;
}

function BackendCard({ record, flow }: { record: BackendRecord; flow: Flow }) {
  const { backend, load } = record;
  const sessions = num(load?.sessions);
  const most = backend.maxSessions || backend.capacity;
  const share = most > 0 ? Math.min(100, Math.round((sessions / most) * 100)) : 0;
  const draining = isDraining(record);
  const tone = isDown(record) ? 'bad' : draining || load?.ejected ? 'warn' : 'good';
  const facts = [backend.address, backend.zone, `weight ${backend.weight ?? 1}`].filter(Boolean).join(' · ');
  return (
    <li class={`backend ${tone}`} data-backend={backend.id}>
      <div class="backend-head">
        <h4 title={backend.id}>{backend.id}</h4>
        <HealthBadge record={record} />
        {draining && <Badge tone="warn" icon="pause">Draining</Badge>}
      </div>
      <p class="quiet clip" title={facts}>{facts}</p>
      <dl class="backend-facts">
        <div>
          <dt>Sessions</dt>
          <dd>
            {count(sessions)}
            {most > 0 && <span class="quiet"> / {count(most)}</span>}
          </dd>
        </div>
        <div>
          <dt>
            <Icon name="down" /> To clients
          </dt>
          <dd>{byteRate(flow.down)}</dd>
        </div>
        <div>
          <dt>
            <Icon name="up" /> To backend
          </dt>
          <dd>{byteRate(flow.up)}</dd>
        </div>
      </dl>
      <div class="meter" role="img" aria-label={most > 0 ? `${share} % of its sessions in use` : `${plural(sessions, 'session')}, no bound`}>
        <span class={share >= 90 ? 'full' : ''} style={{ width: `${share}%` }} />
      </div>
      <div class="backend-foot">
        <p class="quiet clip" title={load?.trouble}>
          {load?.trouble || `${plural(num(load?.transfersTotal), 'transfer')} · ${plural(num(load?.connectFailures), 'failed connect')}`}
        </p>
        {draining ? (
          <button type="button" class="button small" onClick={() => resume(backend.id)} aria-label={`Resume backend ${backend.id}`}>
            Resume
          </button>
        ) : (
          <button type="button" class="button small" onClick={() => drain(backend.id)} aria-label={`Drain backend ${backend.id}`}>
            Drain
          </button>
        )}
      </div>
    </li>
  );
}

function byFarm(records: readonly BackendRecord[]): [string, BackendRecord[]][] {
  const farms = new Map<string, BackendRecord[]>();
  for (const record of records) farms.set(record.farm, [...(farms.get(record.farm) ?? []), record]);
  return [...farms];
}

export function Farms() {
  const records = useStore(live, (value) => value.backends);
  const flows = useStore(live, (value) => value.flows);
  return (
    <Card id="farms" title="Farms" class="farms" aside={
      <span class="quiet">
        {records ? `${plural(byFarm(records).length, 'farm')}, ${plural(records.length, 'backend')}` : ''}
      </span>
    }>
      {records === null && <Empty title="Asking the gateway…" />}
      {records?.length === 0 && (
        <Empty title="No backends yet">
          Put them under <code>farms:</code> in the configuration file, or register one:{' '}
          <code>pinnace ctl backend register --farm main --id a --address HOST:21</code>
        </Empty>
      )}
      {byFarm(records ?? []).map(([farm, members]) => (
        <div key={farm} class="farm" role="group" aria-label={`Farm ${farm}`}>
          <h3>
            {farm}
            <span class="quiet">
              {' '}
              {members.filter(isUsable).length} of {members.length} usable ·{' '}
              {plural(members.reduce((sum, member) => sum + num(member.load?.sessions), 0), 'session')}
            </span>
          </h3>
          <ul class="backends">
            {members.map((record) => (
              <BackendCard key={record.backend.id} record={record} flow={flows[record.backend.id] ?? NO_FLOW} />
            ))}
          </ul>
        </div>
      ))}
    </Card>
  );
}
