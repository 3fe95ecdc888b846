import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../client/src/contract.ts';
import { filterDefinitions } from '../src/wire/filters.ts';
import { messages, multipartProblems } from '../src/wire/messages.ts';

const PAGE = join(import.meta.dirname, '../docs/api.md');

/** docs/api.md with its generated tables written anew between their markers; the rest stays as it is. */
export function apiPage(): string {
  return fill(fill(readFileSync(PAGE, 'utf8'), 'filters', filterTable()), 'codes', codeTable());
}

function fill(page: string, name: string, table: string): string {
  const [start, end] = [`<!-- made from the source: ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/api.md has no place for the table of ${name}`);
  return `${page.slice(0, from + start.length)}\n\n${table}\n\n${page.slice(to)}`;
}

function filterTable(): string {
  const rows = [...filterDefinitions].map(([name, { description }]) => `| \`${name}\` | ${description} |`);
  return ['| filter | calls that match |', '| --- | --- |', ...rows].join('\n');
}

/** Every code with the sentences that it comes with. */
function codeTable(): string {
  const problems = Object.values({ ...messages, ...multipartProblems }).map(sampleOf);
  const byCode = Map.groupBy(problems, ({ code }) => code);
  const rows = [...byCode].map(([code, of]) => `| \`${code}\` | ${of.map(({ message }) => message).join('<br>')} |`);
  return ['| code | says |', '| --- | --- |', ...rows.sort()].join('\n');
}

/** A message with the names of its arguments in capitals where their values would stand. */
function sampleOf(message: (...words: never[]) => Problem): Problem {
  const names = /^\(([^)]*)\)/.exec(message.toString())?.[1] ?? '';
  const words = names.split(',').map((name) =>
    name
      .replace(/[:=].*/, '')
      .trim()
      .toUpperCase(),
  );
  return message(...(words.filter((word) => word !== '') as never[]));
}
