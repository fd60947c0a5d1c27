// What the page asks an operator before it does something, and what it says
// when it is done.
import { Store } from './store';

export interface Question {
  title: string;
  text: string;
  action: string; // on the button: "End session"
  danger: boolean;
  run: () => Promise<void>;
  done: string; // said behind it: "Session 257 was ended."
}

export const question = new Store<{ open: Question | null }>({ open: null });
export const notice = new Store<{ text: string; number: number }>({ text: '', number: 0 });

export function confirm(open: Question): void {
  question.set({ open });
}

export function say(text: string): void {
  notice.set({ text, number: notice.get().number + 1 });
}
