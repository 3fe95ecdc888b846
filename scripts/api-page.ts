import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../client/src/contract.ts';
import { filterDefinitions } from '../src/wire/filters.ts';
import { messages, multipartProblems } from '../src/wire/messages.ts';
import { actionSections } from './action-sections.ts';
import { fillPage, markdownTable } from './fill-page.ts';

const PAGE = join(import.meta.dirname, '../docs/api.md');

/** docs/api.md with what is generated written anew between its markers; the rest stays as it is. */
export function apiPage(): string {
  const parts = { filters: filterTable(), actions: actionSections(), codes: codeTable() };
  return Object.entries(parts).reduce((page, [name, text]) => fillPage(page, name, text), readFileSync(PAGE, 'utf8'));
}

function filterTable(): string {
  const rows = [...filterDefinitions].map(([name, { description }]) => [`\`${name}\``, description]);
  return markdownTable(['filter', 'calls that match'], rows);
}

/** Every code with the sentences that it comes with. */
function codeTable(): string {
  const problems = Object.values({ ...messages, ...multipartProblems }).map(sampleOf);
  const byCode = Map.groupBy(problems, ({ code }) => code);
  const rows = [...byCode].map(([code, of]) => [`\`${code}\``, of.map(({ message }) => message).join('<br>')]);
  return markdownTable(
    ['code', 'says'],
    rows.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
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
