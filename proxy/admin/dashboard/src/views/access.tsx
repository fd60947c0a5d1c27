// Who is refused, and who stays where.
import { useEffect, useRef, useState } from 'preact/hooks';
import { request, step } from '../model/api';
import { confirm } from '../model/confirm';
import { onEvent } from '../model/event_stream';
import { count, num, until } from '../model/format';
import type { ListBansResponse, ListPinsResponse } from '../model/messages';
import { usePoll } from '../model/use_poll';
import { Card, Empty, Icon, useNow } from './parts';

const PERIOD_MS = 4000;
const PINS_SHOWN = 100;

export function Bans() {
  const list = usePoll<ListBansResponse>('/api/v1/bans', PERIOD_MS);
  const ask = useRef(list.ask);
  ask.current = list.ask;
  useEffect(() => onEvent((event) => event.kind === 'KIND_BAN' && ask.current()), []);
  const now = useNow();
  const bans = list.answer?.bans ?? [];
  const lift = (key: string) =>
    confirm({
      title: `Lift the ban of ${key}?`,
      text: 'The client may connect again at once, at every gateway.',
      action: 'Lift ban',
      danger: false,
      run: async () => {
        await request('DELETE', `/api/v1/bans/${step(key)}`);
        ask.current();
      },
      done: `The ban of ${key} was lifted.`,
    });
  return (
    <Card id="bans" title="Bans" aside={<span class="quiet">{list.answer ? `${count(bans.length)} now` : ''}</span>}>
      <div class="table-box short" tabIndex={0} role="region" aria-label="Table of bans">
        {bans.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Who</th>
                <th scope="col" class="mid-only">Why</th>
                <th scope="col" class="wide-only">By</th>
                <th scope="col" class="number">Ends in</th>
                <th scope="col"><span class="hidden">Action</span></th>
              </tr>
            </thead>
            <tbody>
              {bans.map((ban) => (
                <tr key={ban.key}>
                  <td class="mono">{ban.user ? <>{ban.client} <strong>{ban.user}</strong></> : ban.client || ban.key}</td>
                  <td class="mid-only">{ban.reason}</td>
                  <td class="wide-only">{ban.origin}</td>
                  <td class="number">{until(ban.expires, now)}</td>
                  <td class="act">
                    <button type="button" class="button small" onClick={() => lift(ban.key)} aria-label={`Lift the ban of ${ban.key}`}>
                      Lift
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {list.refusal && <Empty title="The gateway refused">{list.refusal.message}</Empty>}
        {!list.refusal && list.answer && bans.length === 0 && (
          <Empty title="Nobody is banned">
            Failed logins ban when <code>gateway.bans.failed_logins</code> is set; <code>pinnace ctl ban add</code> does it by
            hand.
          </Empty>
        )}
      </div>
    </Card>
  );
}

export function Pins() {
  const [text, setText] = useState('');
  const q = text.trim();
  const list = usePoll<ListPinsResponse>('/api/v1/pins', PERIOD_MS, { q, limit: PINS_SHOWN, offset: 0 });
  const ask = useRef(list.ask);
  ask.current = list.ask;
  const now = useNow();
  const pins = list.answer?.pins ?? [];
  const total = num(list.answer?.total ?? pins.length);
  const drop = (key: string, backend: string) =>
    confirm({
      title: `Drop the pin ${key}?`,
      text: `The next session of this client need not meet backend ${backend}. Running sessions stay where they are.`,
      action: 'Drop pin',
      danger: false,
      run: async () => {
        await request('DELETE', `/api/v1/pins/${step(key)}`);
        ask.current();
      },
      done: `The pin ${key} was dropped.`,
    });
  return (
    <Card id="pins" title="Pins" aside={
      <label class="search small">
        <span class="hidden">Search pins</span>
        <Icon name="search" />
        <input type="search" value={text} placeholder="Search" spellcheck={false} autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} />
      </label>
    }>
      <div class="table-box short" tabIndex={0} role="region" aria-label="Table of pins">
        {pins.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Client</th>
                <th scope="col" class="mid-only">Farm</th>
                <th scope="col">Backend</th>
                <th scope="col" class="number">Ends in</th>
                <th scope="col"><span class="hidden">Action</span></th>
              </tr>
            </thead>
            <tbody>
              {pins.map((pin) => (
                <tr key={pin.key}>
                  <td class="mono">{pin.user || pin.client || pin.key}</td>
                  <td class="mid-only">{pin.farm}</td>
                  <td>{pin.backend}</td>
                  <td class="number">{until(pin.expires, now)}</td>
                  <td class="act">
                    <button type="button" class="button small" onClick={() => drop(pin.key, pin.backend)} aria-label={`Drop the pin ${pin.key}`}>
                      Drop
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {total > pins.length && pins.length > 0 && (
          <p class="quiet more">{count(total - pins.length)} more: search for them.</p>
        )}
        {list.refusal && <Empty title="The gateway refused">{list.refusal.message}</Empty>}
        {!list.refusal && list.answer && pins.length === 0 &&
          (q ? (
            <Empty title="No pin fits" />
          ) : (
            <Empty title="No pins now">
              A client that logs in is pinned to its backend for the farm's <code>pin_ttl</code>.
            </Empty>
          ))}
      </div>
    </Card>
  );
}
