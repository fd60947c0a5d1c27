// Who this gateway is, and how it is.
import { useEffect, useState } from 'preact/hooks';
import { clock, duration, since } from '../model/format';
import { askNow, forgetToken, type Link, live } from '../model/live';
import type { GatewayStatus } from '../model/messages';
import { useStore } from '../model/store';
import { chosenTheme, chooseTheme, type Theme } from '../model/theme_choice';
import { Badge, Icon, useNow } from './parts';

const SECTIONS = [
  ['overview', 'Overview'],
  ['farms', 'Farms'],
  ['ports', 'Ports'],
  ['sessions', 'Sessions'],
  ['bans', 'Bans'],
  ['pins', 'Pins'],
  ['gateways', 'Gateways'],
] as const;

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_ICONS = { system: 'auto', light: 'sun', dark: 'moon' } as const;

function ThemeSwitch() {
  const [theme, setTheme] = useState(chosenTheme);
  const turn = () => {
    chooseTheme(NEXT[theme]);
    setTheme(NEXT[theme]);
  };
  const label = `Colours: ${theme === 'system' ? 'as the system' : theme}. Switch to ${NEXT[theme]}`;
  return (
    <button type="button" class="button icon-button theme-switch" onClick={turn} aria-label={label} title={label}>
      <Icon name={THEME_ICONS[theme]} />
    </button>
  );
}

function Readiness({ status, link }: { status: GatewayStatus | null; link: Link }) {
  if (link.state === 'lost') return <Badge tone="bad">Lost</Badge>;
  if (status === null) return <Badge tone="calm">Connecting</Badge>;
  if (status.draining) return <Badge tone="warn" icon="pause">Draining</Badge>;
  return status.ready ? <Badge tone="good">Ready</Badge> : <Badge tone="bad">Not ready</Badge>;
}

function ControlPlane({ status, link }: { status: GatewayStatus | null; link: Link }) {
  const plane = status?.controlPlane;
  if (!status || link.state === 'lost') return null;
  if (!plane?.address) {
    return <Badge tone="calm" title="Farms come from this process alone">Control plane: here</Badge>;
  }
  return plane.connected ? (
    <Badge tone="good" title={plane.address}>Control plane</Badge>
  ) : (
    <Badge tone="warn" title={plane.lastError}>Control plane lost</Badge>
  );
}

export function Header() {
  const status = useStore(live, (value) => value.status);
  const link = useStore(live, (value) => value.link);
  const hasToken = useStore(live, (value) => value.hasToken);
  const now = useNow();
  useEffect(() => {
    if (status) document.title = `${status.name} · Pinnace`;
  }, [status?.name]);
  return (
    <header class="top">
      <div class="top-row">
        <div class="brand">
          <Icon name="brand" />
          <h1>
            {status?.name || 'Pinnace'}
            <span class="quiet version">
              {status ? `Pinnace ${status.programVersion}${status.zone ? ` · ${status.zone}` : ''}` : ''}
            </span>
          </h1>
        </div>
        <div class="top-state">
          <Readiness status={status} link={link} />
          <ControlPlane status={status} link={link} />
          <span class="quiet uptime">{status?.started ? `up ${since(status.started, now)}` : ''}</span>
        </div>
        <div class="top-tools">
          {hasToken && (
            <button type="button" class="button forget-token" onClick={forgetToken}>
              Forget token
            </button>
          )}
          <ThemeSwitch />
        </div>
      </div>
      <nav aria-label="Sections">
        <ul>
          {SECTIONS.map(([id, name]) => (
            <li key={id}>
              <a href={`#${id}`}>{name}</a>
            </li>
          ))}
        </ul>
      </nav>
      <LostBanner link={link} />
    </header>
  );
}

function LostBanner({ link }: { link: Link }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (link.state !== 'lost') return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [link]);
  if (link.state !== 'lost') return null;
  const wait = Math.max(0, link.retryAt - now);
  return (
    <div class="lost">
      <p role="alert">
        <Icon name="bad" /> <strong>The gateway has not answered since {clock(link.since)}</strong> ({link.why}). What is
        shown is from before.
      </p>
      <p class="lost-wait">
        {/* Not read out every second. */}
        <span aria-hidden="true">{wait > 0 ? `Next try in ${duration(wait + 999)}` : 'Trying…'}</span>
        <button type="button" class="button" onClick={askNow}>
          Try now
        </button>
      </p>
    </div>
  );
}
