import type { DoNotCallRow } from '../../client/src/contract.ts';
import { askDoNotCall } from '../app/do-not-call.ts';
import { openQueue } from '../app/open-queue.ts';
import { loadSettings } from '../config.ts';
import { defineCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { table } from './table.ts';

const COLUMNS = [
  'number',
  'project_id',
  'reason',
  'until',
  'added_by',
  'added_at',
] as const satisfies readonly (keyof DoNotCallRow)[];

export const doNotCallList = defineCommand({
  name: 'do-not-call list',
  positionals: '[NUMBER…]',
  positionalCount: { min: 0, max: 10_000 },
  summary: 'shows that list, newest first, or which of some numbers are on it',
  options: {
    project: { type: 'string', value: 'N', description: 'entries of this project alone' },
    page: { type: 'string', value: 'N', description: 'which page; default 1' },
    'page-size': { type: 'string', value: 'N', description: 'numbers on a page, 1 to 1000; default 100' },
    json: { type: 'boolean', description: 'print JSON' },
  },
  async run({ values, positionals, env, cwd, stdout, stderr }) {
    const open = await openQueue(loadSettings({ env, cwd }), 'read');
    try {
      const { results, pagination } = await askDoNotCall(open, {
        list: positionals.length > 0 ? positionals : true,
        project_id: values.project,
        page: values.page,
        page_size: values['page-size'],
      });
      const rows = results.map((row) =>
        COLUMNS.map((column) => String(row[column] ?? (column === 'project_id' ? 'all' : ''))),
      );
      stdout.write(values.json ? `${JSON.stringify(results, null, 2)}\n` : table(COLUMNS, rows));
      const { current_page: page, max_page: lastPage, row_count: numbers } = pagination;
      stderr.write(`page ${page} of ${lastPage}, ${numbers} ${numbers === 1 ? 'number' : 'numbers'}\n`);
      return EXIT.done;
    } finally {
      await open.store.close();
    }
  },
});
