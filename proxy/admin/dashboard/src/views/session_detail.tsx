// One session: its facts, its running transfer, and what was said in it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, Refusal, request, step } from '../model/api';
import { confirm } from '../model/confirm';
import { onEvent } from '../model/event_stream';
import { byteRate, bytes, count, dateTime, num, phaseName, preciseClock, since } from '../model/format';
import { live } from '../model/live';
import type { EntryKind, GetTimelineResponse, Session, TimelineEntry, TlsFacts, Transfer } from '../model/messages';
import { useStore } from '../model/store';
import { usePoll } from '../model/use_poll';
import { Badge, Dialog, Empty, Fact, Icon, useNow } from './parts';

const PERIOD_MS = 1000;
const LONGEST_TIMELINE = 500;

const SPEAKERS: Record<EntryKind, string> = {
  KIND_UNSPECIFIED: '',
  KIND_COMMAND: 'client',
  KIND_REPLY: 'to client',
  KIND_BACKEND_COMMAND: 'to backend',
  KIND_BACKEND_REPLY: 'backend',
  KIND_NOTE: 'gateway',
};

function tls(facts: TlsFacts | null | undefined): string {
  if (!facts) return 'clear';
  return [facts.version, facts.cipher, facts.serverName, facts.subject].filter(Boolean).join(' · ');
}

function End({ name, address, isProtected }: { name: string; address: string | undefined; isProtected?: boolean }) {
  return (
    <div class="end">
      <span class="quiet">{name}</span>
      <span class="mono">{address || 'not connected'}</span>
      {isProtected !== undefined && <span class="quiet">{isProtected ? 'TLS' : 'clear'}</span>}
    </div>
  );
}

function TransferFacts({ transfer, now }: { transfer: Transfer; now: number }) {
  const upload = /^(STOR|STOU|APPE)$/.test(transfer.verb);
  return (
    <section class="transfer" aria-label="Running transfer">
      <h3>
        <Icon name={upload ? 'up' : 'down'} /> {transfer.verb} <span class="mono path">{transfer.path}</span>
      </h3>
      <p class="transfer-numbers">
        <strong>{bytes(num(transfer.bytes))}</strong> <span>{byteRate(num(transfer.rate))}</span>{' '}
        <span class="quiet">for {since(transfer.started, now)}</span>
      </p>
      <div class={upload ? 'moving-bar upload' : 'moving-bar'} aria-hidden="true">
        <span />
      </div>
      <div class="legs">
        <div class="leg">
          <h4>Client leg, {transfer.clientMode || 'not set up'}</h4>
          <End name="Client" address={transfer.clientData} isProtected={transfer.clientProtected} />
          <End name="Gateway" address={transfer.clientLocal || (transfer.publicPort ? `port ${transfer.publicPort}` : '')} />
        </div>
        <div class="leg">
          <h4>Backend leg, {transfer.backendMode || 'not set up'}</h4>
          <End name="Gateway" address={transfer.backendLocal} />
          <End name="Backend" address={transfer.backendData} isProtected={transfer.backendProtected} />
        </div>
      </div>
    </section>
  );
}

// What is new is added to what is known.
function useTimeline(id: string, ended: boolean): { entries: TimelineEntry[]; why: string } {
  const [entries, setEntries] = useState<TimelineEntry[]>([]);
  const [why, setWhy] = useState('');
  const epoch = useStore(live, (value) => value.epoch);
  const last = useRef('0');
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (ended) return; // What is known of it stays.
    const ask = async () => {
      try {
        const answer = await get<GetTimelineResponse>(`/api/v1/sessions/${step(id)}/timeline`, { after: last.current });
        if (gone) return;
        setWhy('');
        const newest = answer.entries[answer.entries.length - 1];
        if (newest !== undefined) {
          last.current = newest.number;
          setEntries((known) => [...known, ...answer.entries].slice(-LONGEST_TIMELINE));
        }
      } catch (error) {
        if (gone) return;
        if (error instanceof Refusal && error.status === 404) return; // It ended.
        setWhy(error instanceof Error ? error.message : String(error));
      }
      timer = setTimeout(ask, PERIOD_MS);
    };
    void ask();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [id, epoch, ended]);
  return { entries, why };
}

function Timeline({ id, ended }: { id: string; ended: boolean }) {
  const { entries, why } = useTimeline(id, ended);
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
  }); // Always: the facts above it come later, and take its room.
  return (
    <section class="timeline" aria-label="Timeline">
      <h3>Timeline</h3>
      <div ref={box} class="timeline-box" tabIndex={0} role="log" aria-label="What was said" aria-live="off"
        onScroll={(event) => {
          const element = event.currentTarget;
          atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
        }}>
        {entries.length === 0 && <Empty title={why || 'Nothing said yet'} />}
        <ol>
          {entries.map((entry) => (
            <li key={entry.number} class={entry.kind.slice('KIND_'.length).toLowerCase()}>
              <time title={dateTime(entry.time)}>{preciseClock(entry.time)}</time>
              <span class="speaker">{SPEAKERS[entry.kind] ?? ''}</span>
              <span class="said">{entry.text}</span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function kill(session: Session): void {
  confirm({
    title: `End session ${session.id}?`,
    text: `${session.user || 'The client'} at ${session.client} is told 421, and a running transfer breaks off.`,
    action: 'End session',
    danger: true,
    run: () => request('DELETE', `/api/v1/sessions/${step(session.id)}`),
    done: `Session ${session.id} was ended.`,
  });
}

function Facts({ session, now }: { session: Session; now: number }) {
  return (
    <dl class="facts">
      <Fact name="Client"><span class="mono">{session.client}</span></Fact>
      <Fact name="Reached at"><span class="mono">{session.local || '–'}</span></Fact>
      <Fact name="Farm">{session.farm || '–'}</Fact>
      <Fact name="Backend">{session.backend || '–'} <span class="mono quiet">{session.backendAddress}</span></Fact>
      <Fact name="Listener"><span class="mono">{session.listener || '–'}</span></Fact>
      <Fact name="Announced address"><span class="mono">{session.publicAddress || '–'}</span></Fact>
      <Fact name="Started">{dateTime(session.started)} <span class="quiet">{since(session.started, now)} ago</span></Fact>
      <Fact name="Last command">{session.lastCommand ? `${since(session.lastCommand, now)} ago` : '–'}</Fact>
      <Fact name="Commands">{count(num(session.commands))}</Fact>
      <Fact name="Transfers">{count(num(session.transfers))}</Fact>
      <Fact name="To client">{bytes(num(session.bytesToClient))}</Fact>
      <Fact name="To backend">{bytes(num(session.bytesToBackend))}</Fact>
      <Fact name="TLS with client" wide>{tls(session.clientTls)}</Fact>
      <Fact name="TLS with backend" wide>{tls(session.backendTls)}</Fact>
      {session.pin && <Fact name="Pin"><span class="mono">{session.pin}</span></Fact>}
      {session.traceId && <Fact name="Trace" wide><span class="mono">{session.traceId}</span></Fact>}
    </dl>
  );
}

function Detail({ id, onClose }: { id: string; onClose: () => void }) {
  const [ended, setEnded] = useState(false);
  const polled = usePoll<Session>(ended ? null : `/api/v1/sessions/${step(id)}`, PERIOD_MS);
  const now = useNow();
  useEffect(() => onEvent((event) => event.kind === 'KIND_SESSION_END' && event.session === id && setEnded(true)), []);
  useEffect(() => {
    if (polled.refusal?.status === 404) setEnded(true);
  }, [polled.refusal]);
  // As it was last.
  const known = useRef<Session | null>(null);
  if (polled.answer) known.current = polled.answer;
  const session = known.current;
  return (
    <>
      <header class="drawer-head">
        <h2>
          Session {id} {session?.user && <span class="quiet">{session.user}</span>}
        </h2>
        {ended ? <Badge tone="calm">Ended</Badge> : session && <Badge tone="calm">{phaseName(session.phase)}</Badge>}
        <button type="button" class="button icon-button" onClick={onClose} aria-label="Close">
          <Icon name="close" />
        </button>
      </header>
      <div class="drawer-scroll" tabIndex={0} role="region" aria-label={`Facts of session ${id}`}>
        {!session && !ended && !polled.refusal && <Empty title="Asking the gateway…" />}
        {!session && ended && <Empty title="This session has ended" />}
        {!session && !ended && polled.refusal && <Empty title="The gateway refused">{polled.refusal.message}</Empty>}
        {session && <Facts session={session} now={now} />}
        {session?.transfer && !ended && <TransferFacts transfer={session.transfer} now={now} />}
        <Timeline id={id} ended={ended} />
      </div>
      <footer class="drawer-foot">
        <button type="button" class="button danger" disabled={!session || ended} onClick={() => session && kill(session)}>
          End session
        </button>
      </footer>
    </>
  );
}

export function SessionDetail({ id, onClose }: { id: string | null; onClose: () => void }) {
  return (
    <Dialog open={id !== null} label={`Session ${id ?? ''}`} class="drawer" onClose={onClose}>
      {id !== null && <Detail key={id} id={id} onClose={onClose} />}
    </Dialog>
  );
}
