import { askDoNotCall } from '../app/do-not-call.ts';
import { openQueue } from '../app/open-queue.ts';
import { loadSettings } from '../config.ts';
import { defineCommand } from './command.ts';
import { outcomeCounts } from './do-not-call-outcomes.ts';
import { EXIT } from './exit-code.ts';

export const doNotCallAdd = defineCommand({
  name: 'do-not-call add',
  positionals: 'NUMBER…',
  positionalCount: { min: 1, max: 10_000 },
  summary: 'puts numbers on the list of those that are not to be called',
  details: 'All of them or, when one is wrong, none. A number that is there already takes this reason and this end.',
  options: {
    project: { type: 'string', value: 'N', description: 'the only project that it holds for; default all' },
    reason: { type: 'string', value: 'TEXT', description: 'why' },
    until: { type: 'string', value: 'TIME', description: 'from then on they may be called again: 2027-01-01 00:00:00' },
  },
  async run({ values, positionals, env, cwd, stdout }) {
    const open = await openQueue(loadSettings({ env, cwd }), 'write');
    try {
      const { project, reason, until } = values;
      const { results } = await askDoNotCall(open, { add: positionals, project_id: project, reason, until });
      stdout.write(outcomeCounts(results));
      return EXIT.done;
    } finally {
      await open.store.close();
    }
  },
});
