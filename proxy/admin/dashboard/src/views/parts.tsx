// Small parts that all views are made of.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { gatewayNow } from '../model/live';

const PATHS = {
  brand: 'M11 2v13H3.5zM13.5 6v9h6.5zM2 17h20l-3 4.5H5z',
  ok: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm-1.2 12.6-3.6-3.6 1.4-1.4 2.2 2.2 4.6-4.6 1.4 1.4z',
  warn: 'M12 3 1.5 21h21zm1 14.5h-2v-2h2zm0-3.5h-2v-4.5h2z',
  bad: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm4 11.6L14.6 16 12 13.4 9.4 16 8 14.6l2.6-2.6L8 9.4 9.4 8l2.6 2.6L14.6 8 16 9.4 13.4 12z',
  idle: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zm0 2a6 6 0 1 1 0 12 6 6 0 0 1 0-12z',
  pause: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm-1.5 13h-2V8h2zm5 0h-2V8h2z',
  sun: 'M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11 1h2v4h-2zM11 19h2v4h-2zM1 11h4v2H1zM19 11h4v2h-4zM3.5 4.9l1.4-1.4 2.9 2.9-1.4 1.4zM16.2 17.6l1.4-1.4 2.9 2.9-1.4 1.4zM3.5 19.1l2.9-2.9 1.4 1.4-2.9 2.9zM16.2 6.4l2.9-2.9 1.4 1.4-2.9 2.9z',
  moon: 'M12.5 3A9 9 0 1 0 21 14.2 7.5 7.5 0 0 1 12.5 3z',
  auto: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2v14a7 7 0 0 1 0-14z',
  close: 'm6.4 5 5.6 5.6L17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z',
  down: 'M11 4h2v10.2l4.3-4.3 1.4 1.4L12 18l-6.7-6.7 1.4-1.4 4.3 4.3zM5 19h14v2H5z',
  up: 'M12 3l6.7 6.7-1.4 1.4L13 6.8V17h-2V6.8l-4.3 4.3-1.4-1.4zM5 19h14v2H5z',
  search: 'M10 3a7 7 0 1 0 4.2 12.6l5.1 5.1 1.4-1.4-5.1-5.1A7 7 0 0 0 10 3zm0 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10z',
  lock: 'M12 2a5 5 0 0 0-5 5v3H5v11h14V10h-2V7a5 5 0 0 0-5-5zm0 2a3 3 0 0 1 3 3v3H9V7a3 3 0 0 1 3-3z',
  key: 'M15 3a6 6 0 0 0-5.7 7.9L3 17.2V21h4v-2h2v-2h2l1.6-1.6A6 6 0 1 0 15 3zm1.5 4.5a1.5 1.5 0 1 1 0-3 1.5 1.5 0 0 1 0 3z',
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export type Tone = 'good' | 'warn' | 'bad' | 'calm';
const TONE_ICONS: Record<Tone, IconName> = { good: 'ok', warn: 'warn', bad: 'bad', calm: 'idle' };

// A state in words; its colour says nothing that the words do not.
export function Badge(props: { tone: Tone; icon?: IconName; children: ComponentChildren; title?: string }) {
  return (
    <span class={`badge ${props.tone}`} title={props.title}>
      <Icon name={props.icon ?? TONE_ICONS[props.tone]} />
      <span>{props.children}</span>
    </span>
  );
}

export function Card(props: {
  id?: string;
  title: ComponentChildren;
  aside?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}) {
  const heading = props.id ? `${props.id}-title` : undefined;
  return (
    <section id={props.id} class={`card ${props.class ?? ''}`} aria-labelledby={heading}>
      <header class="card-head">
        <h2 id={heading}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

// What stands where nothing is, and what to do about it.
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}

// The gateway's time, once a second.
export function useNow(): number {
  const [now, setNow] = useState(gatewayNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(gatewayNow()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

// A native dialog: the browser holds the focus inside, and gives it back.
export function Dialog(props: {
  open: boolean;
  label: string;
  class?: string;
  onClose: () => void;
  // Escape and a click beside it close it.
  dismissible?: boolean;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const dismissible = props.dismissible ?? true;
  useEffect(() => {
    const element = dialog.current!;
    if (props.open && !element.open) element.showModal();
    if (!props.open && element.open) element.close();
  }, [props.open]);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${props.class ?? ''}`}
      aria-label={props.label}
      // A browser may close a dialog at a second Escape whatever `cancel` says;
      // it does not where the key itself was taken.
      onKeyDown={(event) => {
        if (!dismissible && event.key === 'Escape') event.preventDefault();
      }}
      onCancel={(event) => {
        if (!dismissible) event.preventDefault();
      }}
      onClose={props.onClose}
      onMouseDown={(event) => {
        if (dismissible && event.target === dialog.current) props.onClose();
      }}
    >
      {props.open && <div class="dialog-body">{props.children}</div>}
    </dialog>
  );
}

export function Fact({ name, children, wide }: { name: string; children: ComponentChildren; wide?: boolean }) {
  return (
    <div class={wide ? 'fact wide' : 'fact'}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
