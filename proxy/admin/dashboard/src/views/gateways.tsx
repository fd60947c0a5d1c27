// This gateway, the others, and the control plane.
import { count, dateTime, num, since } from '../model/format';
import { live } from '../model/live';
import type { Gateway, ListGatewaysResponse } from '../model/messages';
import { useStore } from '../model/store';
import { usePoll } from '../model/use_poll';
import { Badge, Card, Empty, Fact, useNow } from './parts';

const PERIOD_MS = 4000;

function State({ gateway }: { gateway: Gateway }) {
  if (gateway.draining) return <Badge tone="warn" icon="pause">Draining</Badge>;
  if (gateway.lastError) return <Badge tone="bad" title={gateway.lastError}>Refuses its snapshot</Badge>;
  if (num(gateway.sentVersion) > num(gateway.ackedVersion)) return <Badge tone="calm">Catching up</Badge>;
  return <Badge tone="good">Serving</Badge>;
}

function Self() {
  const status = useStore(live, (value) => value.status);
  const now = useNow();
  if (!status) return null;
  const plane = status.controlPlane;
  return (
    <dl class="facts self">
      <Fact name="Started">{dateTime(status.started)}</Fact>
      <Fact name="Listeners"><span class="mono">{status.listeners.join(', ') || '–'}</span></Fact>
      <Fact name="Public ports"><span class="mono">{status.publicPorts.join(', ') || '–'}</span></Fact>
      <Fact name="Snapshot">version {status.snapshotVersion}</Fact>
      <Fact name="Log level">{status.logLevel || '–'}</Fact>
      <Fact name="Control plane">
        {!plane?.address
          ? 'in this process, or none'
          : `${plane.address}: ${plane.connected ? 'connected' : 'lost'}${plane.since ? ` for ${since(plane.since, now)}` : ''}`}
        {plane?.lastError && <span class="quiet"> {plane.lastError}</span>}
      </Fact>
    </dl>
  );
}

export function Gateways() {
  const list = usePoll<ListGatewaysResponse>('/api/v1/gateways', PERIOD_MS);
  const own = useStore(live, (value) => value.status?.name);
  const now = useNow();
  const gateways = list.answer?.gateways ?? [];
  return (
    <Card id="gateways" title="Gateways and control plane" aside={<span class="quiet">{list.answer ? `${count(gateways.length)} connected` : ''}</span>}>
      <Self />
      <div class="table-box" tabIndex={0} role="region" aria-label="Table of gateways">
        {gateways.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Gateway</th>
                <th scope="col">State</th>
                <th scope="col" class="number">Sessions</th>
                <th scope="col" class="number mid-only">Pins</th>
                <th scope="col" class="number mid-only">Snapshot</th>
                <th scope="col" class="wide-only">Public ports</th>
                <th scope="col" class="wide-only">Zone</th>
                <th scope="col" class="wide-only">Version</th>
                <th scope="col" class="number mid-only">Up</th>
              </tr>
            </thead>
            <tbody>
              {gateways.map((gateway) => (
                <tr key={gateway.name}>
                  <td>
                    {gateway.name} {gateway.name === own && <span class="quiet">this one</span>}
                  </td>
                  <td><State gateway={gateway} /></td>
                  <td class="number">{count(num(gateway.sessions))}</td>
                  <td class="number mid-only">{count(num(gateway.pins))}</td>
                  <td class="number mid-only">
                    {gateway.ackedVersion}
                    {num(gateway.sentVersion) > num(gateway.ackedVersion) && <span class="quiet"> of {gateway.sentVersion}</span>}
                  </td>
                  <td class="mono wide-only">{gateway.publicPorts.join(', ') || '–'}</td>
                  <td class="wide-only">{gateway.zone || '–'}</td>
                  <td class="wide-only">{gateway.programVersion}</td>
                  <td class="number mid-only">{since(gateway.started, now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {list.refusal && <Empty title="The gateway refused">{list.refusal.message}</Empty>}
        {!list.refusal && list.answer && gateways.length === 0 && (
          <Empty title="No gateways known">A control plane shows those that follow it.</Empty>
        )}
      </div>
    </Card>
  );
}
