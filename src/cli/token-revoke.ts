import { openQueue } from '../app/open-queue.ts';
import { revokeToken } from '../app/tokens.ts';
import { loadSettings } from '../config.ts';
import { defineCommand } from './command.ts';
import { CommandFailedError } from './command-errors.ts';
import { EXIT } from './exit-code.ts';
import { wholeNumber } from './parse-options.ts';

export const tokenRevoke = defineCommand({
  name: 'token revoke',
  positionals: 'NUMBER',
  positionalCount: { min: 1, max: 1 },
  summary: 'ends a token; callqueue token list shows the numbers',
  details: 'A running server stops accepting it within 15 seconds.',
  options: {},
  async run({ positionals: [number = ''], env, cwd, stdout }) {
    const id = wholeNumber('NUMBER', number, { min: 1, max: Number.MAX_SAFE_INTEGER });
    const { store } = await openQueue(loadSettings({ env, cwd }), 'tokens');
    try {
      if (!(await revokeToken(store, id)))
        throw new CommandFailedError(`There is no valid token with the number ${id}`);
      stdout.write(`Token ${id} is revoked\n`);
      return EXIT.done;
    } finally {
      await store.close();
    }
  },
});
