import { resolve } from 'node:path';
import { backUpDatabase } from '../app/back-up.ts';
import { loadSettings } from '../config.ts';
import { defineCommand } from './command.ts';
import { EXIT } from './exit-code.ts';

export const backup = defineCommand({
  name: 'backup',
  positionals: 'FILE',
  positionalCount: { min: 1, max: 1 },
  summary: 'copies the database to a new file, also while a server runs',
  details: `The copy shows one moment, is checked, and gets its name only when it is on the disk. A file that exists is
never overwritten. It holds personal data: keep it as safe as the original. To restore: docs/operations.md.`,
  options: {},
  async run({ positionals: [file = ''], env, cwd, stdout, stderr }) {
    const target = resolve(cwd, file);
    const terminal = stderr.isTTY ? stderr : undefined;
    const { bytes, isNoted } = await backUpDatabase(loadSettings({ env, cwd }), target, (share) => {
      terminal?.write(`\r\u001b[K${Math.floor(share * 100)} %`);
    }).finally(() => terminal?.write('\r\u001b[K'));
    stdout.write(`${target} holds the backup (${bytes} bytes)\n`);
    if (!isNoted) stderr.write('The database could not be told of it: action=system shows an older backup, or none.\n');
    return EXIT.done;
  },
});
