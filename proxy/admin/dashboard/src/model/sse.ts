// The text of a server-sent event stream to events (WHATWG HTML §9.2). Pure;
// bytes may come in any pieces.
export interface StreamEvent {
  id: string; // the last one that was named
  type: string; // "message" where none is
  data: string;
}

// More is no event of ours.
const LONGEST_LINE = 1 << 20;

export class SseParser {
  private rest = '';
  private id = '';
  private type = '';
  private data: string[] = [];

  feed(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    const all = this.rest + text;
    // A CR at the end may have its LF in the next piece.
    const lines = all.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!;
    if (this.rest.length > LONGEST_LINE) this.rest = '';
    for (const line of lines) {
      if (line === '') this.dispatch(events);
      else this.field(line);
    }
    return events;
  }

  private dispatch(events: StreamEvent[]): void {
    if (this.data.length > 0) {
      events.push({ id: this.id, type: this.type || 'message', data: this.data.join('\n') });
    }
    this.type = '';
    this.data = [];
  }

  private field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return; // A comment: it keeps the connection alive.
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.data.push(value);
    else if (name === 'event') this.type = value;
    else if (name === 'id' && !value.includes('\0')) this.id = value;
  }
}
