// The pool of public ports as a heat map: one cell a port.
import { count, num, plural } from '../model/format';
import { live } from '../model/live';
import type { PortUse } from '../model/messages';
import { useStore } from '../model/store';
import { Card, Empty } from './parts';

// Beyond it a cell is several neighbours: a screen has so many pixels.
const MOST_CELLS = 1024;
const LEVELS = [1, 2, 4, 8]; // pending leases from which a cell is darker

interface Cell {
  first: number;
  last: number;
  pending: number;
}

function cellsOf(ports: PortUse): Cell[] {
  const each = Math.max(1, Math.ceil(ports.byPort.length / MOST_CELLS));
  const cells: Cell[] = [];
  ports.byPort.forEach(({ port, pending }, index) => {
    const last = cells[cells.length - 1];
    if (index % each === 0 || last === undefined) cells.push({ first: port, last: port, pending: num(pending) });
    else {
      last.last = port;
      last.pending += num(pending);
    }
  });
  return cells;
}

function widthOf(cells: number): string {
  if (cells <= 128) return cells % 16 === 0 ? 'few by-16' : 'few';
  return cells <= 400 ? 'some' : 'many';
}

function level(pending: number): number {
  return LEVELS.filter((from) => pending >= from).length;
}

function inWords(ports: PortUse, cells: readonly Cell[]): string {
  const busy = cells.filter((cell) => cell.pending > 0).sort((a, b) => b.pending - a.pending);
  const head = `${plural(ports.ports, 'public port')}, ${plural(num(ports.pending), 'pending lease')}.`;
  if (busy.length === 0) return `${head} Every port is free.`;
  const most = busy.slice(0, 3).map((cell) => `${nameOf(cell)} has ${cell.pending}`);
  return `${head} Busiest: ${most.join(', ')}.`;
}

function nameOf(cell: Cell): string {
  return cell.first === cell.last ? `${cell.first}` : `${cell.first}–${cell.last}`;
}

export function Ports() {
  const ports = useStore(live, (value) => value.ports);
  const cells = ports ? cellsOf(ports) : [];
  const totals: [string, string][] = ports
    ? [
        ['Pending', count(num(ports.pending))],
        ['Waiting', count(num(ports.waiting))],
        ['Granted', count(num(ports.grantedTotal))],
        ['Had to wait', count(num(ports.waitedTotal))],
        ['Refused', count(num(ports.refusedTotal))],
        ['Strangers', count(num(ports.strangersTotal))],
      ]
    : [];
  return (
    <Card id="ports" title="Public ports" class="ports" aside={<span class="quiet">{ports ? plural(ports.ports, 'port') : ''}</span>}>
      {ports === null && <Empty title="Asking the gateway…" />}
      {ports && cells.length === 0 && (
        <Empty title="No public ports">
          Passive transfers need some: set <code>gateway.public_ports</code>.
        </Empty>
      )}
      {cells.length > 0 && ports && (
        <>
          <div class={`heat ${widthOf(cells.length)}`} role="img" aria-label={inWords(ports, cells)}>
            {cells.map((cell) => (
              <i key={cell.first} class={`heat-${level(cell.pending)}`} title={`${nameOf(cell)}: ${cell.pending} pending`} />
            ))}
          </div>
          <p class="heat-key quiet" aria-hidden="true">
            <span>{cells[0]!.first}</span>
            <span class="heat-scale">
              free <i class="heat-0" /> <i class="heat-1" /> <i class="heat-2" /> <i class="heat-3" /> <i class="heat-4" /> 8 or
              more pending
            </span>
            <span>{cells[cells.length - 1]!.last}</span>
          </p>
          <dl class="port-totals">
            {totals.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </Card>
  );
}
