import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATUS_CHANGES } from '../src/core/call-life.ts';
import { fillPage, markdownTable } from './fill-page.ts';

const PAGE = join(import.meta.dirname, '../docs/statuses.md');

/** What brings each event of the table about, in the words of the page. */
const CAUSES: Record<string, string> = {
  claimed: '`claim`: an agent takes it',
  answered_elsewhere: 'the customer of a [missed call](missed-calls.md) was reached another way',
  cancelled: '`cancel`',
  deleted: '`delete`',
  released: '`release`: the agent, or a supervisor, gives it back',
  lease_expired: 'the lease of the agent ran out',
  retry_planned: '`complete` with `retry_at`',
  completed: '`complete`: the agent closes it',
};

/** docs/statuses.md with diagram and table written anew from the state machine. */
export function statusPage(): string {
  const changes = Object.entries(STATUS_CHANGES).flatMap(([from, next]) =>
    Object.entries(next).map(([to, events]) => ({ from, to, events: events as readonly string[] })),
  );
  const arrows = changes.map(
    ({ from, to, events }) => `  ${from} --> ${to}: ${events.join(', ').replaceAll('_', ' ')}`,
  );
  const diagram = ['```mermaid', 'stateDiagram-v2', '  [*] --> pending: created, imported', ...arrows, '```'].join(
    '\n',
  );
  const rows = changes.flatMap(({ from, to, events }) =>
    events.map((event) => [`\`${from}\``, `\`${to}\``, causeOf(event), `\`${event}\``]),
  );
  const table = markdownTable(['from', 'to', 'by', 'in the history'], rows);
  return fillPage(fillPage(readFileSync(PAGE, 'utf8'), 'diagram', diagram), 'changes', table);
}

function causeOf(event: string): string {
  const cause = CAUSES[event];
  if (cause === undefined) throw new Error(`scripts/status-page.ts does not say what brings ${event} about`);
  return cause;
}
