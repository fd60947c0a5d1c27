// The table of sessions: searched, sorted and paged by the gateway.
import { useEffect, useRef, useState } from 'preact/hooks';
import { onEvent } from '../model/event_stream';
import { byteRate, bytes, count, num, phaseName, since } from '../model/format';
import { live } from '../model/live';
import type { ListSessionsResponse, Session } from '../model/messages';
import { useStore } from '../model/store';
import { usePoll } from '../model/use_poll';
import { Card, Empty, Icon, useNow } from './parts';

// Without the stream of events too, what happens shows within two seconds.
const PERIOD_MS = 1000;
// Many events of one moment are one question.
const SETTLE_MS = 300;
const PAGE_SIZES = [15, 50, 200];
// As Session.phase has them.
const PHASES = [
  'logged_out', 'tls_handshake', 'logging_in', 'ready', 'command', 'opening_data', 'transfer', 'aborting',
  'replacing_backend', 'detached',
];
const CHANGES_LIST = new Set(['KIND_SESSION_START', 'KIND_LOGIN', 'KIND_SESSION_END', 'KIND_TRANSFER_START', 'KIND_TRANSFER_END', 'KIND_GAP']);

interface Column {
  id: string; // as `order_by`; empty: not sorted by
  name: string;
  class?: string;
  show: (session: Session, now: number) => preact.ComponentChildren;
}

const COLUMNS: Column[] = [
  { id: 'user', name: 'User', show: (s) => s.user || <span class="quiet">not logged in</span> },
  { id: 'client', name: 'Client', class: 'mono', show: (s) => s.client },
  { id: 'backend', name: 'Backend', class: 'mid-only', show: (s) => (s.backend ? <>{s.backend} <span class="quiet farm-name">{s.farm}</span></> : '–') },
  { id: 'phase', name: 'State', show: (s) => <Phase session={s} /> },
  { id: 'started', name: 'Age', class: 'number wide-only', show: (s, now) => since(s.started, now) },
  { id: 'last_command', name: 'Idle', class: 'number wide-only', show: (s, now) => since(s.lastCommand, now) },
  { id: 'commands', name: 'Commands', class: 'number wide-only', show: (s) => count(num(s.commands)) },
  { id: 'transfers', name: 'Transfers', class: 'number wide-only', show: (s) => count(num(s.transfers)) },
  { id: 'bytes', name: 'Bytes', class: 'number mid-only', show: (s) => bytes(num(s.bytesToClient) + num(s.bytesToBackend)) },
];

function Phase({ session }: { session: Session }) {
  const { transfer } = session;
  if (!transfer) return <span class="phase">{phaseName(session.phase)}</span>;
  const upload = /^(STOR|STOU|APPE)$/.test(transfer.verb);
  return (
    <span class="phase moving" title={`${transfer.verb} ${transfer.path}`}>
      <Icon name={upload ? 'up' : 'down'} />
      {transfer.verb} <span class="quiet">{byteRate(num(transfer.rate))}</span>
    </span>
  );
}

// What is typed, once it stands still.
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 200);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function ariaSort(active: boolean, descending: boolean): 'ascending' | 'descending' | 'none' {
  if (!active) return 'none';
  return descending ? 'descending' : 'ascending';
}

function Head(props: { id: string; name: string; class?: string | undefined; order: string; descending: boolean; onSort: (id: string) => void }) {
  const active = props.order === props.id;
  return (
    <th scope="col" class={props.class} aria-sort={ariaSort(active, props.descending)}>
      <button type="button" class="sort" onClick={() => props.onSort(props.id)}>
        {props.name}
        <span class="arrow" aria-hidden="true">
          {active ? (props.descending ? '▼' : '▲') : ''}
        </span>
      </button>
    </th>
  );
}

function Pager(props: { offset: number; shown: number; total: number; size: number; onOffset: (value: number) => void; onSize: (value: number) => void }) {
  const { offset, shown, total, size } = props;
  return (
    <div class="pager">
      <label class="quiet">
        Rows{' '}
        <select value={String(size)} onChange={(event) => props.onSize(Number(event.currentTarget.value))}>
          {PAGE_SIZES.map((value) => (
            <option key={value} value={String(value)}>
              {value}
            </option>
          ))}
        </select>
      </label>
      <span class="pager-where" role="status">
        {shown > 0 ? `${count(offset + 1)}–${count(offset + shown)} of ${count(total)}` : `0 of ${count(total)}`}
      </span>
      <button type="button" class="button small" disabled={offset === 0} onClick={() => props.onOffset(Math.max(0, offset - size))}>
        Previous
      </button>
      <button type="button" class="button small" disabled={offset + shown >= total} onClick={() => props.onOffset(offset + size)}>
        Next
      </button>
    </div>
  );
}

export function Sessions({ onOpen }: { onOpen: (id: string) => void }) {
  const [text, setText] = useState('');
  const [phase, setPhase] = useState('');
  const [backend, setBackend] = useState('');
  const [order, setOrder] = useState('started');
  const [descending, setDescending] = useState(true);
  const [size, setSize] = useState(PAGE_SIZES[0]!);
  const [offset, setOffset] = useState(0);
  const records = useStore(live, (value) => value.backends);
  const now = useNow();
  const q = useSettled(text.trim());
  useEffect(() => setOffset(0), [q, phase, backend, size]);

  const list = usePoll<ListSessionsResponse>('/api/v1/sessions', PERIOD_MS, {
    q,
    phase,
    backend,
    order_by: descending ? `${order} desc` : order,
    limit: size,
    offset,
  });
  const ask = useRef(list.ask);
  ask.current = list.ask;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onEvent((event) => {
      if (!CHANGES_LIST.has(event.kind) || timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        ask.current();
      }, SETTLE_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);

  const sessions = list.answer?.sessions ?? [];
  const total = num(list.answer?.total ?? sessions.length);
  // The last page went away under it.
  useEffect(() => {
    if (list.answer && sessions.length === 0 && offset > 0) setOffset(Math.max(0, Math.floor((total - 1) / size) * size));
  }, [list.answer]);
  const sort = (id: string) => {
    if (id === order) setDescending(!descending);
    else {
      setOrder(id);
      setDescending(/^(id|started|commands|transfers|bytes)$/.test(id));
    }
    setOffset(0);
  };
  const filtered = q !== '' || phase !== '' || backend !== '';
  const backends = (records ?? []).map((record) => record.backend.id);
  return (
    <Card id="sessions" title="Sessions" class="sessions" aside={<span class="quiet">{list.answer ? `${count(total)} ${filtered ? 'found' : 'now'}` : ''}</span>}>
      <form class="filters" role="search" aria-label="Sessions" onSubmit={(event) => event.preventDefault()}>
        <label class="search">
          <span class="hidden">Search sessions by user, client, backend, farm or id</span>
          <Icon name="search" />
          <input type="search" value={text} placeholder="User, client, backend, farm or id" spellcheck={false} autocomplete="off"
            onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <label>
          <span class="hidden">State</span>
          <select value={phase} onChange={(event) => setPhase(event.currentTarget.value)}>
            <option value="">Any state</option>
            {PHASES.map((name) => (
              <option key={name} value={name}>
                {phaseName(name)}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="hidden">Backend</span>
          <select value={backend} onChange={(event) => setBackend(event.currentTarget.value)}>
            <option value="">Any backend</option>
            {backends.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </form>
      <div class="table-box sessions-box" tabIndex={0} role="region" aria-label="Table of sessions">
        <table>
          <thead>
            <tr>
              <Head id="id" name="Session" class="number id" order={order} descending={descending} onSort={sort} />
              {COLUMNS.map((column) => (
                <Head key={column.id} id={column.id} name={column.name} class={column.class?.replace('mono', '')} order={order} descending={descending} onSort={sort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {sessions.map((session) => (
              <tr key={session.id} data-session={session.id} onClick={() => onOpen(session.id)}>
                <td class="number id">
                  <button type="button" class="link" aria-label={`Session ${session.id}`}
                    onClick={(event) => {
                      event.stopPropagation();
                      onOpen(session.id);
                    }}>
                    {session.id}
                  </button>
                </td>
                {COLUMNS.map((column) => (
                  <td key={column.id} class={column.class}>
                    {column.show(session, now)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {list.refusal && <Empty title="The gateway refused the question">{list.refusal.message}</Empty>}
        {!list.refusal && list.answer && sessions.length === 0 &&
          (filtered ? (
            <Empty title="No session fits">Another word, any state or any backend finds more.</Empty>
          ) : (
            <Empty title="No sessions now">
              Clients show here as soon as they connect to one of the gateway's listeners.
            </Empty>
          ))}
        {!list.refusal && !list.answer && <Empty title="Asking the gateway…" />}
      </div>
      <Pager offset={offset} shown={sessions.length} total={total} size={size} onOffset={setOffset} onSize={setSize} />
    </Card>
  );
}
