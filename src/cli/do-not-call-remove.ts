import { askDoNotCall } from '../app/do-not-call.ts';
import { openQueue } from '../app/open-queue.ts';
import { loadSettings } from '../config.ts';
import { defineCommand } from './command.ts';
import { outcomeCounts } from './do-not-call-outcomes.ts';
import { EXIT } from './exit-code.ts';

export const doNotCallRemove = defineCommand({
  name: 'do-not-call remove',
  positionals: 'NUMBER…',
  positionalCount: { min: 1, max: 10_000 },
  summary: 'takes numbers from that list',
  options: {
    project: { type: 'string', value: 'N', description: 'entries of this project; default those for all projects' },
  },
  async run({ values, positionals, env, cwd, stdout }) {
    const open = await openQueue(loadSettings({ env, cwd }), 'write');
    try {
      const { results } = await askDoNotCall(open, { remove: positionals, project_id: values.project });
      stdout.write(outcomeCounts(results));
      return EXIT.done;
    } finally {
      await open.store.close();
    }
  },
});
