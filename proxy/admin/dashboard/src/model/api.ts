// Requests to the gateway that served this page.

const TOKEN_KEY = 'pinnace.token';
const TIMEOUT_MS = 10_000;
// The gateway gives a thread to each connection; a page takes two, and one for
// the events.
const MOST_AT_ONCE = 2;

// The gateway answered, and it was no.
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

// No answer.
export class Unreachable extends Error {}

let heldToken = readToken();

// Of this tab alone, and gone with it.
function readToken(): string {
  try {
    return sessionStorage.getItem(TOKEN_KEY) ?? '';
  } catch {
    return '';
  }
}

export function token(): string {
  return heldToken;
}

export function setToken(value: string): void {
  heldToken = value;
  try {
    if (value) sessionStorage.setItem(TOKEN_KEY, value);
    else sessionStorage.removeItem(TOKEN_KEY);
  } catch {
    // It lasts as long as the page, then.
  }
}

export function headers(): Record<string, string> {
  return heldToken ? { Authorization: `Bearer ${heldToken}` } : {};
}

let running = 0;
const waiting: (() => void)[] = [];

async function turn(): Promise<void> {
  if (running < MOST_AT_ONCE) running += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
}

function done(): void {
  const next = waiting.shift();
  if (next) next();
  else running -= 1;
}

async function words(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: unknown };
    if (typeof body.error === 'string' && body.error) return body.error;
  } catch {
    // No JSON: the status has to do.
  }
  return `${response.status} ${response.statusText}`.trim();
}

export async function request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  await turn();
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    let response: Response;
    try {
      response = await fetch(path, {
        method,
        headers: body === undefined ? headers() : { ...headers(), 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        cache: 'no-store',
        credentials: 'omit',
        signal: abort.signal,
      });
    } catch {
      throw new Unreachable(abort.signal.aborted ? 'no answer within ten seconds' : 'no connection');
    }
    if (!response.ok) throw new Refusal(response.status, await words(response));
    try {
      return (await response.json()) as Answer;
    } catch {
      throw new Unreachable('the answer broke off');
    }
  } finally {
    clearTimeout(timer);
    done();
  }
}

export function get<Answer>(path: string, query: Record<string, string | number> = {}): Promise<Answer> {
  const set = Object.entries(query).filter(([, value]) => value !== '');
  const text = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return request<Answer>('GET', text ? `${path}?${text}` : path);
}

// A key of a list as one step of a path.
export function step(key: string): string {
  return encodeURIComponent(key);
}
