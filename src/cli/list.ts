import type { Row } from '../../client/src/contract.ts';
import { filtersOf } from '../app/filter-options.ts';
import { listCalls } from '../app/list-calls.ts';
import { openQueue } from '../app/open-queue.ts';
import { loadSettings } from '../config.ts';
import { defineCommand, type Option } from './command.ts';
import { EXIT } from './exit-code.ts';
import { filterOptions, typedFilters } from './filter-options.ts';
import { table } from './table.ts';

const COLUMNS = [
  'id',
  'project_id',
  'status',
  'caller_id',
  'caller_id_name',
  'campaign_name',
  'destination',
  'priority',
  'schedule',
  'external_id',
  'last_result',
  'created_at',
] as const satisfies readonly (keyof Row)[];

const OWN_OPTIONS = {
  page: { type: 'string', value: 'N', description: 'which page; default 1' },
  'page-size': { type: 'string', value: 'N', description: 'calls on a page, 1 to 1000; default 100' },
  sort: {
    type: 'string',
    value: 'KEY',
    description: 'id, schedule, priority, … with - in front descending; dial_order',
  },
  json: { type: 'boolean', description: 'print the rows with all members, as JSON' },
} as const satisfies Record<string, Option>;

export const list = defineCommand({
  name: 'list',
  summary: 'shows calls as a table',
  details: 'Filters mean what they mean in the API; one given several times is a list of values.',
  options: { ...OWN_OPTIONS, ...filterOptions } as typeof OWN_OPTIONS,
  async run({ values, env, cwd, stdout, stderr }) {
    const open = await openQueue(loadSettings({ env, cwd }), 'read');
    try {
      const { results, pagination } = await listCalls(open, {
        page: values.page ?? '1',
        page_size: values['page-size'] ?? '100',
        sort: values.sort ?? 'id',
        filters: filtersOf(typedFilters(values)),
      });
      if (values.json) stdout.write(`${JSON.stringify(results, null, 2)}\n`);
      else
        stdout.write(
          table(
            COLUMNS,
            results.map((row) => COLUMNS.map((column) => String(row[column] ?? ''))),
          ),
        );
      const { current_page: page, max_page: lastPage, row_count: calls } = pagination;
      stderr.write(`page ${page} of ${lastPage}, ${calls} ${calls === 1 ? 'call' : 'calls'}\n`);
      return EXIT.done;
    } finally {
      await open.store.close();
    }
  },
});
