// One path, asked for again and again while a component shows it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, Refusal } from './api';
import { heard401, live, askNow } from './live';

export interface Polled<Answer> {
  answer: Answer | null;
  // Why the gateway refused the last time; status 404 when it is not there.
  refusal: Refusal | null;
  ask: () => void;
}

type Query = Record<string, string | number>;

// `path` null: nothing is asked for.
export function usePoll<Answer>(path: string | null, periodMs: number, query: Query = {}): Polled<Answer> {
  const key = path === null ? '' : JSON.stringify([path, query]);
  const [state, setState] = useState<{ answer: Answer | null; refusal: Refusal | null }>({
    answer: null,
    refusal: null,
  });
  const askRef = useRef<() => void>(() => {});

  useEffect(() => {
    if (path === null) {
      setState({ answer: null, refusal: null });
      return;
    }
    let gone = false;
    let asking = false;
    let again = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      // Whoever asks meanwhile wants what is newer than what is on its way.
      if (asking) {
        again = true;
        return;
      }
      clearTimeout(timer);
      const { link, tokenAsked } = live.get();
      if (link.state !== 'up' || tokenAsked) return; // The next epoch asks.
      asking = true;
      try {
        const answer = await get<Answer>(path, query);
        if (!gone) setState({ answer, refusal: null });
      } catch (error) {
        if (!gone && error instanceof Refusal) {
          if (error.status === 401) heard401();
          else setState((former) => ({ answer: former.answer, refusal: error }));
        } else if (!gone) {
          askNow(); // It finds out whether the gateway is lost.
        }
      }
      asking = false;
      if (gone) return;
      timer = setTimeout(ask, again ? 0 : periodMs);
      again = false;
    };
    askRef.current = () => void ask();
    void ask();
    let epoch = live.get().epoch;
    const unsubscribe = live.subscribe(() => {
      if (live.get().epoch === epoch || live.get().link.state !== 'up') return;
      epoch = live.get().epoch;
      void ask();
    });
    return () => {
      gone = true;
      clearTimeout(timer);
      unsubscribe();
    };
  }, [key, periodMs]);

  return { ...state, ask: () => askRef.current() };
}
