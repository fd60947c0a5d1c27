// The questions before a change, the token, and what was done.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Refusal } from '../model/api';
import { notice, question, say } from '../model/confirm';
import { askNow, giveToken, heard401, live } from '../model/live';
import { useStore } from '../model/store';
import { Dialog, Icon } from './parts';

const NOTICE_MS = 6000;

export function ConfirmDialog() {
  const open = useStore(question, (value) => value.open);
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState('');
  useEffect(() => {
    setRunning(false);
    setFailure('');
  }, [open]);
  const close = () => question.set({ open: null });
  const run = async () => {
    if (open === null) return;
    setRunning(true);
    setFailure('');
    try {
      await open.run();
      if (question.get().open === open) question.set({ open: null });
      say(open.done);
      askNow();
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) {
        question.set({ open: null });
        heard401();
      }
      const why = error instanceof Error ? error.message : String(error);
      setFailure(why);
      // Whoever closed the question meanwhile hears of it all the same.
      if (question.get().open !== open) say(`${open.action}: ${why}`);
    } finally {
      setRunning(false);
    }
  };
  return (
    <Dialog open={open !== null} label={open?.title ?? ''} class="confirm" onClose={close}>
      {open && (
        <>
          <h2>{open.title}</h2>
          <p>{open.text}</p>
          <p class="failure" role="alert">
            {failure && `The gateway refused: ${failure}`}
          </p>
          <div class="buttons">
            {/* First, and so in focus: Enter alone changes nothing. */}
            <button type="button" class="button" onClick={close} disabled={running}>
              Cancel
            </button>
            <button type="button" class={open.danger ? 'button danger' : 'button primary'} onClick={run} disabled={running}>
              {running ? 'Asking…' : open.action}
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}

export function TokenDialog() {
  const asked = useStore(live, (value) => value.tokenAsked);
  const input = useRef<HTMLInputElement>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const value = input.current!.value.trim();
    if (value) giveToken(value);
  };
  return (
    <Dialog open={asked !== false} label="Token" class="token" dismissible={false} onClose={() => {}}>
      <form onSubmit={submit}>
        <h2>
          <Icon name="key" /> A token is needed
        </h2>
        <p>
          This gateway shows its data to those who have a token of <code>admin.token_file</code> or{' '}
          <code>admin.tokens</code>. It is kept in this tab and forgotten with it.
        </p>
        <label for="token">Token</label>
        <input id="token" ref={input} type="password" autocomplete="off" spellcheck={false} autofocus required
          aria-describedby="token-failure" />
        <p class="failure" id="token-failure" role="alert">
          {asked && asked.tried ? 'The gateway does not know this token.' : ''}
        </p>
        <div class="buttons">
          <button type="submit" class="button primary">
            Show the dashboard
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function Notice() {
  const { text, number } = useStore(notice, (value) => value);
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(() => notice.set({ text: '' }), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [text, number]);
  return (
    <div class="notice" role="status" aria-live="polite">
      {text && <p>{text}</p>}
    </div>
  );
}
